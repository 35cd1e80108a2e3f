//! A connection that stays with its one user.
//!
//! A pool asks every connection that comes back whether it still lives: a round trip for each use. Whoever uses a
//! connection all the time keeps it instead. When something went wrong it is closed: SQLite rolls back by itself when a disk is
//! full or fails, and a connection that believes its transaction is still open would refuse every later one.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Database, Pool};
use tokio::sync::{Mutex, MutexGuard};

/// A connection that was idle longer is asked first: the server may have been restarted meanwhile.
const IDLE: Duration = Duration::from_secs(1);

/// A place for one connection out of a pool.
#[derive(Debug)]
pub(super) struct Kept<DB: Database> {
    pool: Pool<DB>,
    slot: Mutex<Option<(PoolConnection<DB>, Instant)>>,
}

/// The connection while it is used. Without [`Lent::keep`] it is closed, and the pool opens another: so after an error, and when the
/// user is cancelled half-way.
pub(super) struct Lent<'a, DB: Database> {
    slot: MutexGuard<'a, Option<(PoolConnection<DB>, Instant)>>,
    connection: PoolConnection<DB>,
}

impl<DB: Database> Kept<DB> {
    pub(super) fn of(pool: &Pool<DB>) -> Self {
        Self { pool: pool.clone(), slot: Mutex::new(None) }
    }

    /// Waits until nobody else uses the connection; first come, first served.
    pub(super) async fn lend(&self) -> Result<Lent<'_, DB>, sqlx::Error> {
        let mut slot = self.slot.lock().await;
        if let Some((mut connection, since)) = slot.take()
            && (since.elapsed() < IDLE || connection.ping().await.is_ok())
        {
            return Ok(Lent { slot, connection });
        }
        let mut connection = self.pool.acquire().await?;
        connection.close_on_drop();
        Ok(Lent { slot, connection })
    }
}

impl<DB: Database> Lent<'_, DB> {
    /// Leaves the connection for the next use.
    pub(super) fn keep(self) {
        let Self { mut slot, connection } = self;
        *slot = Some((connection, Instant::now()));
    }
}

impl<DB: Database> Deref for Lent<'_, DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl<DB: Database> DerefMut for Lent<'_, DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}
