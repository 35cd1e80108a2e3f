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

/// `first` and those that wait behind it, at most `most` together, once whoever else can run had a turn to join them: under load
/// batches are larger for it, when idle `first` goes alone and at once, and nobody waits for a timer.
pub(crate) async fn batch<T>(first: T, most: usize, waiting: impl FnMut() -> Option<T>) -> Vec<T> {
    for_others().await;
    std::iter::once(first).chain(std::iter::from_fn(waiting)).take(most).collect()
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

    #[tokio::test]
    async fn a_batch_takes_who_joins_it_up_to_its_bound() {
        let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move { (1..10).for_each(|number| send.send(number).unwrap()) });
        assert_eq!(batch(0, 4, || receive.try_recv().ok()).await, [0, 1, 2, 3]);
        let first = receive.recv().await.unwrap();
        assert_eq!(batch(first, 99, || receive.try_recv().ok()).await, [4, 5, 6, 7, 8, 9]);
        assert_eq!(batch(10, 99, || receive.try_recv().ok()).await, [10]);
    }
}
