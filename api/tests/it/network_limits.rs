//! The limits of networks: on one node, and on several nodes that share Redis.

use bifrons::config::{Config, Rate, RedisConfig};
use futures_util::future::join_all;

use crate::{
    limits::{WRONG, from, limited, limited_for},
    support::{App, EMAIL, PASSWORD, redis::RedisServer},
};

#[tokio::test]
async fn b_47_b_48_a_network_is_limited_for_every_spelling_of_its_addresses() {
    let app = App::configured(|config| {
        limited("1000/1m", "1000/1m", "3/3m")(config);
        config.trusted_proxies.clear();
    })
    .await;
    for n in 0..3 {
        from(&app, format!("192.0.2.{n}")).sign_in(&format!("{n}@example.com"), WRONG).await.expect(401);
    }
    let spoofed = from(&app, "192.0.2.99").with("x-real-ip", "192.0.2.98").with("forwarded", "for=192.0.2.97");
    assert_eq!(limited_for(spoofed.sign_in("someone@example.com", WRONG).await), 60, "no header evades it");
    assert_eq!(limited_for(app.someone().sign_up(EMAIL, PASSWORD).await), 60, "sign-ups share the limit");

    let app = App::configured(limited("1000/1m", "1000/1m", "3/3m")).await;
    for ip in ["2001:db8::1", "2001:DB8:0::2", "2001:db8:0:0:ffff::3"] {
        from(&app, ip).sign_in(EMAIL, WRONG).await.expect(401);
    }
    limited_for(from(&app, "2001:db8::4").sign_in(EMAIL, WRONG).await);
    from(&app, "2001:db8:0:1::1").sign_in(EMAIL, WRONG).await.expect(401);
}

#[tokio::test]
async fn busy_networks_do_not_keep_out_quiet_ones() {
    let rate = |written| Rate::parse(written).unwrap();
    let app = App::configured(|config| {
        limited("1000/1m", "1000/1m", "30/30m")(config);
        config.limits.as_mut().unwrap().global = rate("60/1h");
    })
    .await;
    app.someone().sign_up(EMAIL, PASSWORD).await.expect(201);
    let mut statuses = Vec::new();
    for n in 0..30 {
        for ip in ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"] {
            statuses.push(from(&app, ip).sign_in(&format!("{n}@example.com"), WRONG).await.status);
        }
    }
    assert_eq!(
        statuses.iter().filter(|status| **status == 401).count(),
        4 * 5 + 60,
        "the global limit, and the first five of each"
    );
    from(&app, "198.51.100.1").sign_in(EMAIL, PASSWORD).await.expect(200);

    let of_one_site = join_all((0..300).map(|n| {
        let someone = from(&app, format!("2001:db8:7:{n:x}::1"));
        async move { someone.sign_in(&format!("site-{n}@example.com"), WRONG).await.status }
    }))
    .await;
    assert_eq!(of_one_site.iter().filter(|status| **status == 401).count(), 8 * 30, "a /48 is eight networks at most");
    from(&app, "2001:db8:8::1").sign_in(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn b_55_without_redis_each_node_is_stricter() {
    let mut redis = RedisServer::start().await;
    let url = redis.url();
    let configured = |config: &mut Config| {
        limited("1000/1m", "1000/1m", "8/8m")(config);
        config.redis = Some(RedisConfig::parse(&url).unwrap());
    };
    let app = App::configured(configured).await;
    app.linked().await;
    let other = app.reconfigured(configured).await;
    other.linked().await;
    for n in 0..8 {
        let node = if n % 2 == 0 { &app } else { &other };
        from(node, "192.0.2.1").sign_in(EMAIL, WRONG).await.expect(401);
    }
    assert!(limited_for(from(&app, "192.0.2.1").sign_in(EMAIL, WRONG).await) <= 60, "the nodes share the limit");
    limited_for(from(&other, "192.0.2.1").sign_in(EMAIL, WRONG).await);
    redis.kill();
    app.unlinked().await;
    for _ in 0..2 {
        from(&app, "192.0.2.2").sign_in(EMAIL, WRONG).await.expect(401);
    }
    limited_for(from(&app, "192.0.2.2").sign_in(EMAIL, WRONG).await);
}
