//! Letting others go first.

use std::future::poll_fn;
use std::task::Poll;

/// Ends once every task that could run when this was called, on the same thread, had its turn. At once if there is none.
///
/// Not `tokio::task::yield_now`: that waits until its thread has nothing left to do, and no other thread can take the task up
/// meanwhile.
pub(crate) async fn for_others() {
    let mut went = false;
    poll_fn(|context| {
        if std::mem::replace(&mut went, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn whoever_can_run_goes_first() {
        let went = Arc::new(AtomicUsize::new(0));
        for _ in 0..10 {
            let went = Arc::clone(&went);
            tokio::spawn(async move { went.fetch_add(1, Ordering::SeqCst) });
        }
        assert_eq!(went.load(Ordering::SeqCst), 0);
        for_others().await;
        assert_eq!(went.load(Ordering::SeqCst), 10);
    }
}
