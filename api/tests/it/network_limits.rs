//! The limits of networks: on one node, and on several nodes that share Redis.

use std::{sync::atomic::Ordering, time::Duration};

use bifrons::{
    clock::Clock,
    config::{Config, Rate, RedisConfig},
};
use futures_util::future::join_all;
use redis::Value;

use crate::{
    limits::{WRONG, from, limited, limited_for, proxy},
    support::{App, EMAIL, PASSWORD, redis::RedisServer},
};

#[tokio::test]
async fn b_47_b_48_a_network_is_limited_for_every_spelling_of_its_addresses() {
    let app = App::configured(|config| {
        limited("1000/1m", "1000/1m", "3/3m")(config);
        proxy(config, |proxy| proxy.trusted.clear());
    })
    .await;
    for n in 0..3 {
        from(&app, format!("192.0.2.{n}")).sign_in(&format!("{n}@example.com"), WRONG).await.expect(401);
    }
    let spoofed = from(&app, "192.0.2.99").with("x-real-ip", "192.0.2.98").with("forwarded", "for=192.0.2.97");
    assert_eq!(limited_for(spoofed.sign_in("client@example.com", WRONG).await), 60, "no header evades it");
    assert_eq!(limited_for(app.client().sign_up(EMAIL, PASSWORD).await), 60, "sign-ups share the limit");

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
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let mut statuses = Vec::new();
    for n in 0..30 {
        for ip in ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"] {
            statuses.push(from(&app, ip).sign_in(&format!("{n}@example.com"), WRONG).await.status);
        }
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 44, "three quarters of the limit, with the sign-up");
    from(&app, "198.51.100.1").sign_in(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn b_48_an_ipv6_site_gets_the_share_of_four_networks() {
    let app = App::configured(limited("1000/1m", "1000/1m", "30/30m")).await;
    for (spread, share) in [(1, 2), (0x40, 4)] {
        let statuses = join_all((0..200).map(|n| {
            let client = from(&app, format!("2001:db8:{spread:x}:{:x}::1", n * spread));
            async move { client.sign_in(&format!("{spread}-{n}@example.com"), WRONG).await.status }
        }))
        .await;
        // What the limit admits, a busy machine may refuse with 503.
        assert_eq!(statuses.iter().filter(|status| **status != 429).count(), share * 30, "{spread:#x}");
    }
    from(&app, "2001:db8:8::1").sign_in(EMAIL, WRONG).await.expect(401);
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
    app.until_linked().await;
    let other = app.reconfigured(configured).await;
    other.until_linked().await;
    for n in 0..8 {
        let node = if n % 2 == 0 { &app } else { &other };
        from(node, "192.0.2.1").sign_in(EMAIL, WRONG).await.expect(401);
    }
    assert!(limited_for(from(&app, "192.0.2.1").sign_in(EMAIL, WRONG).await) <= 60, "the nodes share the limit");
    limited_for(from(&other, "192.0.2.1").sign_in(EMAIL, WRONG).await);
    redis.kill();
    app.until_unlinked().await;
    for _ in 0..2 {
        from(&app, "192.0.2.2").sign_in(EMAIL, WRONG).await.expect(401);
    }
    limited_for(from(&app, "192.0.2.2").sign_in(EMAIL, WRONG).await);
}

/// Networks below their own limit can exceed the global one together.
#[tokio::test]
async fn steady_networks_stay_within_the_global_limit_and_leave_a_reserve() {
    let rate = |written| Rate::parse(written).unwrap();
    let app = App::configured(|config| {
        limited("1000/1m", "1000/1m", "300/10m")(config);
        config.limits.as_mut().unwrap().global = rate("100/1h");
    })
    .await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let mut verified = 0;
    for n in 0..30 {
        for network in 1..=8 {
            let answer = from(&app, format!("192.0.2.{network}")).sign_in(&format!("{n}@example.com"), WRONG).await;
            verified += usize::from(answer.status == 401);
        }
        app.state.clock.advance(Duration::from_millis(2100));
    }
    assert!((75..=77).contains(&verified), "three quarters of the limit, and what a minute adds: {verified}");
    from(&app, "198.51.100.1").sign_in(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn c_28_after_a_clock_is_set_back_a_client_waits_for_no_longer_than_at_an_exhausted_limit() {
    for (account, network) in [("3/3m", "1000/1m"), ("1000/1m", "3/3m")] {
        let app = App::configured(limited(account, account, network)).await;
        for _ in 0..3 {
            from(&app, "192.0.2.1").sign_in(EMAIL, WRONG).await.expect(401);
        }
        let Clock::Manual(now) = &app.state.clock else { unreachable!("the tests' clock") };
        now.fetch_sub(2 * 3_600_000, Ordering::SeqCst);
        // The limits of the network, of all networks and of the account are lowered one after the other.
        for _ in 0..3 {
            assert!(limited_for(from(&app, "192.0.2.1").sign_in(EMAIL, WRONG).await) <= 60);
            app.state.clock.advance(Duration::from_secs(60));
        }
        from(&app, "192.0.2.1").sign_in(EMAIL, WRONG).await.expect(401);
    }
}

#[tokio::test]
async fn c_28_after_the_clock_of_redis_is_set_back_a_limit_is_at_most_exhausted() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let app = App::configured(|config: &mut Config| {
        limited("1000/1m", "1000/1m", "3/3m")(config);
        config.redis = Some(RedisConfig::parse(&url).unwrap());
    })
    .await;
    app.until_linked().await;
    from(&app, "192.0.2.1").sign_in(EMAIL, WRONG).await.expect(401);
    let all =
        |script: &str| format!("local all = 0 for _, key in ipairs(redis.call('KEYS', '*limit*')) do {script} end return all");
    let move_ahead = all("redis.call('SET', key, redis.call('GET', key) + 7200000) all = all + 1");
    assert_ne!(redis.ask(&[b"EVAL", move_ahead.as_bytes(), b"0"]).await.unwrap(), Value::Int(0));
    limited_for(from(&app, "192.0.2.1").sign_in(EMAIL, WRONG).await);
    let ahead = all("all = math.max(all, redis.call('PTTL', key), redis.call('GET', key) - redis.call('TIME')[1] * 1000)");
    let Value::Int(ahead) = redis.ask(&[b"EVAL", ahead.as_bytes(), b"0"]).await.unwrap() else { panic!("no number") };
    assert!((1..=181_000).contains(&ahead), "{ahead} ms");
}
