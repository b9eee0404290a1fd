//! The locks: the methods of `std`, and what the profiles say.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, TryLockError};
use std::time::Duration;

use hotlist_collect::sync::{Condvar, Mutex, RwLock, set_block_rate, set_mutex_fraction};
use hotlist_collect::{Source, block, mutex};
use hotlist_profile::{Profile, decode};

fn profile(source: Source) -> Profile {
    let mut bytes = Vec::new();
    source.write_to(&mut bytes).unwrap();
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
    decode(&plain).unwrap()
}

/// Contentions and nanoseconds of stacks through the function.
fn through(source: Source, function: *const ()) -> [i64; 2] {
    let profile = profile(source);
    // It ends where the other one begins, or before.
    let starts = [holds as *const () as u64, waits as *const () as u64].into_iter();
    let sizes = starts.filter_map(|start| start.checked_sub(function as u64).filter(|&size| size > 0));
    let size = sizes.fold(1024, u64::min);
    let mut sums = [0; 2];
    for sample in profile.samples.ids() {
        let stack = profile.stacks.get(profile.samples.stack(sample));
        let is_in = stack
            .iter()
            .any(|&location| profile.locations.get(location).address.wrapping_sub(function as u64) < size);
        if is_in {
            for (sum, value) in sums.iter_mut().zip(profile.samples.values(sample)) {
                *sum += value;
            }
        }
    }
    sums
}

#[inline(never)]
fn holds(mutex: &Mutex<u64>, has_it: &AtomicBool, time: Duration) {
    let mut guard = mutex.lock().unwrap();
    has_it.store(true, Ordering::Release);
    std::thread::sleep(time);
    *guard += 1;
    drop(guard);
    std::hint::black_box(());
}

#[inline(never)]
fn waits(mutex: &Mutex<u64>) {
    *mutex.lock().unwrap() += 1;
    std::hint::black_box(());
}

/// One test, because the rates belong to the whole program.
#[test]
fn who_holds_and_who_waits() {
    let lock = Mutex::new(0);
    let has_it = AtomicBool::new(false);
    let round = |waiters: usize, time: Duration| {
        has_it.store(false, Ordering::Release);
        std::thread::scope(|scope| {
            scope.spawn(|| holds(&lock, &has_it, time));
            while !has_it.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            for _ in 0..waiters {
                scope.spawn(|| waits(&lock));
            }
        });
    };
    round(2, Duration::from_millis(20));
    assert_eq!(through(mutex(), holds as *const ()), [0, 0], "off at first");
    assert_eq!(through(block(), waits as *const ()), [0, 0], "off at first");

    set_mutex_fraction(1);
    set_block_rate(1);
    round(3, Duration::from_millis(200));
    let [count, nanos] = through(block(), waits as *const ());
    assert_eq!(count, 3);
    // They wait for at most the time that the lock is held, and for one another; a busy machine makes it
    // longer, and they may begin late.
    assert!(nanos > 3 * 50_000_000, "{nanos}");
    let [count, charged] = through(mutex(), holds as *const ());
    assert_eq!(count, 1);
    assert!(charged > 3 * 50_000_000 && charged <= nanos, "{charged} of {nanos}");
    let all = profile(mutex()).totals();
    assert!(all[1] <= profile(block()).totals()[1], "no wait is charged twice");

    // Rarely sampled events stand for many.
    set_mutex_fraction(0);
    set_block_rate(1_000_000_000);
    let before = through(block(), waits as *const ());
    for _ in 0..200 {
        round(1, Duration::from_micros(300));
    }
    let after = through(block(), waits as *const ());
    assert_eq!((after[1] - before[1]) % 1_000_000_000, 0, "short waits are rounded up to the rate");
    set_block_rate(0);
    conditions();
}

fn conditions() {
    set_block_rate(1);
    let before = profile(block()).totals()[0];
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = Arc::clone(&pair);
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        *other.0.lock().unwrap() = true;
        other.1.notify_all();
    });
    let guard = pair.1.wait_while(pair.0.lock().unwrap(), |done| !*done).unwrap();
    assert!(*guard);
    drop(guard);
    thread.join().unwrap();
    let (guard, time) = pair.1.wait_timeout(pair.0.lock().unwrap(), Duration::from_millis(1)).unwrap();
    assert!(time.timed_out() && *guard);
    drop(guard);
    let (_guard, time) =
        pair.1.wait_timeout_while(pair.0.lock().unwrap(), Duration::from_millis(1), |done| *done).unwrap();
    assert!(time.timed_out());
    assert!(profile(block()).totals()[0] >= before + 3);
    set_block_rate(0);
}

#[test]
fn poison_and_the_rest_are_as_in_std() {
    let lock = Arc::new(Mutex::new(5));
    let other = Arc::clone(&lock);
    let panicked = std::thread::spawn(move || {
        let _guard = other.lock().unwrap();
        panic!("on purpose");
    });
    assert!(panicked.join().is_err());
    assert!(lock.is_poisoned());
    assert_eq!(*lock.lock().unwrap_err().into_inner(), 5);
    assert!(matches!(lock.try_lock(), Err(TryLockError::Poisoned(_))));
    lock.clear_poison();
    let guard = lock.lock().unwrap();
    assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
    assert_eq!(format!("{guard} {guard:?}"), "5 5");
    drop(guard);
    assert_eq!(Arc::into_inner(lock).unwrap().into_inner().unwrap(), 5);

    let lock = RwLock::new(vec![1]);
    let (one, two) = (lock.read().unwrap(), lock.read().unwrap());
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    assert_eq!(*one, *two);
    drop((one, two));
    lock.write().unwrap().push(2);
    assert_eq!(lock.into_inner().unwrap(), [1, 2]);
    let shared: &RwLock<[i32]> = &RwLock::new([1, 2, 3]);
    assert_eq!(shared.read().unwrap().len(), 3);
}

#[test]
fn readers_and_writers_wait_for_each_other() {
    let lock = RwLock::new(0_u64);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let lock = &lock;
            scope.spawn(move || {
                for _ in 0..2000 {
                    if thread == 0 {
                        let seen = *lock.read().unwrap();
                        assert!(seen <= 6000);
                    } else {
                        *lock.write().unwrap() += 1;
                    }
                }
            });
        }
    });
    assert_eq!(*lock.read().unwrap(), 6000);
}
