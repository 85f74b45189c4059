//! Work on several threads, and sharing between them. A panic in one of them goes on in the caller, so a poisoned lock tells
//! nothing new.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::ScopedJoinHandle;

/// What the mutex guards.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the mutex guarded, once nobody shares it any more.
pub fn unlock<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The result of a worker; its panic goes on in the caller.
pub fn join<T>(worker: ScopedJoinHandle<'_, T>) -> T {
    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// What comes of each, in their order, several at once.
pub fn each<T: Sync, R: Send>(all: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = Mutex::new(all.iter().enumerate());
    let worker = || {
        let mut done = Vec::new();
        loop {
            // Not in a `while let`: the lock would be held while it works.
            let taken = lock(&next).next();
            let Some((place, one)) = taken else { return done };
            done.push((place, work(one)));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(all.len())).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(join).collect::<Vec<_>>()
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}
