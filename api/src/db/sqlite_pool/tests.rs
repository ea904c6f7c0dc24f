use futures_util::FutureExt as _;
use sea_orm::{ConnectionTrait, sqlx::sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use super::{SqlitePool, plain};

/// A new file with one table.
async fn open(most: u32) -> (TempDir, SqlitePool) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("one.db")).create_if_missing(true);
    let embedded = SqlitePool::open(options, most).await.unwrap();
    embedded.execute_unprepared("CREATE TABLE one (n INTEGER)").await.unwrap();
    (folder, embedded)
}

async fn count(db: &impl ConnectionTrait) -> i64 {
    let row = db.query_one_raw(plain("SELECT count(*) FROM one")).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

const INSERT: &str = "INSERT INTO one VALUES (1)";

#[tokio::test]
async fn a_dropped_transaction_rolls_back() {
    let (_folder, db) = open(1).await;
    let begun = db.begin().await.unwrap();
    begun.execute_unprepared(INSERT).await.unwrap();
    assert_eq!(count(&begun).await, 1);
    drop(begun);
    assert_eq!(count(&db).await, 0, "the next statement waits for the rollback");
    let begun = db.begin().await.unwrap();
    begun.execute_unprepared(INSERT).await.unwrap();
    begun.rollback().await.unwrap();
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn a_dropped_future_leaves_no_transaction_open() {
    let (_folder, db) = open(1).await;
    // It may complete first: SQLite works on another thread.
    drop(db.begin().now_or_never());
    let begun = db.begin().await.expect("no transaction is open");
    begun.execute_unprepared(INSERT).await.unwrap();
    drop(begun.commit().now_or_never());
    assert_eq!(count(&db).await, 1, "the commit was sent before the future was dropped");
    drop(db.execute_unprepared(INSERT).now_or_never());
    assert_eq!(count(&db).await, 2);
    db.begin().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_failed_commit_rolls_back() {
    let (_folder, db) = open(1).await;
    db.execute_unprepared("CREATE TABLE two (n INTEGER REFERENCES one (n) DEFERRABLE INITIALLY DEFERRED)").await.unwrap();
    db.execute_unprepared("CREATE UNIQUE INDEX one_n ON one (n)").await.unwrap();
    let begun = db.begin().await.unwrap();
    begun.execute_unprepared("INSERT INTO two VALUES (7)").await.unwrap();
    begun.commit().await.unwrap_err();
    db.execute_unprepared("INSERT INTO two SELECT n FROM one").await.unwrap();
    let left = db.query_one_raw(plain("SELECT count(*) FROM two")).await.unwrap().unwrap();
    assert_eq!(left.try_get_by_index::<i64>(0).unwrap(), 0);
}

#[tokio::test]
async fn connections_are_opened_on_demand_up_to_the_maximum() {
    let (_folder, db) = open(3).await;
    for _ in 0..5 {
        count(&db).await;
    }
    assert_eq!(db.0.idle().len(), 1);
    let all = [db.acquire().await.unwrap(), db.acquire().await.unwrap(), db.acquire().await.unwrap()];
    assert!(db.acquire().now_or_never().is_none());
    drop(all);
    assert_eq!(db.0.idle().len(), 3);
    let begun = db.begin().await.unwrap();
    assert!(db.clone().close().now_or_never().is_none(), "a transaction is open");
    begun.commit().await.unwrap();
    db.clone().close().await.unwrap();
    assert!(db.execute_unprepared(INSERT).await.unwrap_err().to_string().contains("closed"));
}
