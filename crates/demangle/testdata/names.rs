//! Declarations whose mangled names use the whole grammar of Rust's. `testdata/record` compiles them, in both
//! schemes, and records what the reference makes of their names. Nothing here is ever run.
#![crate_type = "lib"]
#![allow(dead_code, non_snake_case)]

use std::fmt::Debug;
use std::hint::black_box;

pub trait Shape {
    type Unit;
    fn area(&self) -> Self::Unit;
    fn named<const N: usize>(&self, _: [u8; N]) -> usize
    where
        Self: Sized,
    {
        N
    }
}

pub struct Square<T>(T);
pub struct Generic<'a, T: ?Sized, const N: i32>(&'a T);
pub struct Flag<const B: bool, const C: char>;

impl<T: Copy> Shape for Square<T> {
    type Unit = T;
    #[inline(never)]
    fn area(&self) -> T {
        self.0
    }
}

impl<T> Square<T> {
    #[inline(never)]
    pub fn map<U>(&self, f: impl Fn(&T) -> U) -> U {
        f(&self.0)
    }
}

impl<'a, T: ?Sized, const N: i32> Generic<'a, T, N> {
    #[inline(never)]
    pub fn number(&self) -> i32 {
        N
    }
}

impl<const B: bool, const C: char> Flag<B, C> {
    #[inline(never)]
    pub fn both(&self) -> (bool, char) {
        (B, C)
    }
}

#[inline(never)]
pub fn of<T: ?Sized>() -> &'static str {
    black_box(std::any::type_name::<T>())
}

#[inline(never)]
pub fn gödel(größe: usize) -> usize {
    fn 中国() -> usize {
        black_box(1)
    }
    größe + 中国()
}

#[inline(never)]
pub fn _underscored(x: i32) -> i32 {
    static __STATIC: std::sync::atomic::AtomicI32 = std::sync::atomic::AtomicI32::new(0);
    fn __inner(x: i32) -> i32 {
        black_box(x)
    }
    __inner(x) + __STATIC.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

#[inline(never)]
fn apply<F: Fn(i32) -> R, R: Debug>(f: F) -> R {
    f(black_box(1))
}

pub fn closures(captured: &str) -> usize {
    let a = apply(|x| x + 1) as usize;
    let b = apply(|x| apply(|y| apply(|z| x + y + z))) as usize;
    let c = apply(|x| captured.len() + x as usize);
    let d = apply(|x| {
        fn in_closure(x: i32) -> i32 {
            black_box(x)
        }
        in_closure(x)
    }) as usize;
    a + b + c + d
}

pub fn shim(f: &dyn Fn(i32) -> i32) -> i32 {
    apply(f) + apply(&closures_of as &dyn Fn(i32) -> i32)
}

fn closures_of(x: i32) -> i32 {
    let boxed: Box<dyn FnOnce(i32) -> i32> = Box::new(move |y| x + y);
    boxed(black_box(1))
}

pub mod outer {
    pub mod r#type {
        #[inline(never)]
        pub fn r#fn() -> i32 {
            std::hint::black_box(1)
        }
    }
    impl super::Shape for [u8; 3] {
        type Unit = ();
        #[inline(never)]
        fn area(&self) {
            std::hint::black_box(self);
        }
    }
    impl super::Shape for (i32, &str) {
        type Unit = ();
        #[inline(never)]
        fn area(&self) {
            std::hint::black_box(self);
        }
    }
    impl super::Shape for dyn Send + Sync {
        type Unit = ();
        #[inline(never)]
        fn area(&self) {
            std::hint::black_box(self);
        }
    }
}

pub async fn asynchronous(x: i32) -> i32 {
    black_box(x)
}

pub fn instantiate() {
    black_box(Square(1).map(|x| x + 1));
    black_box(Square(2).map(|x| Square(*x)).area());
    black_box(Square("x").named([0; 7]));
    black_box((
        Generic::<str, -5>("x").number(),
        Generic::<[u8], { i32::MAX }>(&[1]).number(),
        Generic::<dyn Debug, 0>(&1).number(),
    ));
    black_box((
        Flag::<true, 'x'>.both(),
        Flag::<false, '\u{3b1}'>.both(),
        Flag::<true, '\''>.both(),
        Flag::<true, '\n'>.both(),
    ));
    black_box((of::<i8>(), of::<i16>(), of::<i32>(), of::<i64>(), of::<i128>(), of::<isize>()));
    black_box((of::<u8>(), of::<u16>(), of::<u32>(), of::<u64>(), of::<u128>(), of::<usize>()));
    black_box((
        of::<f32>(),
        of::<f64>(),
        of::<bool>(),
        of::<char>(),
        of::<str>(),
        of::<()>(),
        of::<fn() -> !>(),
    ));
    black_box((
        of::<[u8]>(),
        of::<[i32; 3]>(),
        of::<(u8,)>(),
        of::<(u8, (i8, &str))>(),
        of::<*const u8>(),
        of::<*mut [u8]>(),
    ));
    black_box((of::<&'static mut i32>(), of::<Option<Result<String, Box<dyn std::error::Error>>>>()));
    black_box((
        of::<fn(i32, &str) -> u8>(),
        of::<unsafe extern "C" fn(*const i8, ...) -> i32>(),
        of::<extern "system" fn()>(),
    ));
    black_box((
        of::<for<'a> fn(&'a u8) -> &'a u8>(),
        of::<for<'a, 'b> fn(&'a u8, &'b dyn for<'c> Fn(&'c u8, &'a u8)) -> &'b u8>(),
    ));
    black_box((
        of::<dyn Debug>(),
        of::<dyn Debug + Send>(),
        of::<dyn Iterator<Item = u8>>(),
        of::<dyn Shape<Unit = i32> + Sync>(),
    ));
    black_box((
        of::<dyn Fn(i32) -> String>(),
        of::<dyn for<'a> Fn(&'a str) -> &'a str + Send>(),
        of::<Generic<'static, dyn Send, 3>>(),
    ));
    black_box((
        of::<<Square<u8> as Shape>::Unit>(),
        of::<Square<Square<Square<u8>>>>(),
        of::<(Square<u8>, Square<u8>, Square<Square<u8>>)>(),
    ));
    black_box((gödel(1), _underscored(1), closures("x"), shim(&|x| x), outer::r#type::r#fn()));
    outer_shapes();
    let future = asynchronous(1);
    black_box(std::pin::pin!(future).as_mut().poll_once());
}

fn outer_shapes() {
    let sync: &(dyn Send + Sync) = &1;
    ([1_u8; 3].area(), (1, "x").area(), sync.area());
}

trait PollOnce {
    fn poll_once(self) -> bool;
}

impl<F: Future> PollOnce for std::pin::Pin<&mut F> {
    #[inline(never)]
    fn poll_once(self) -> bool {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        self.poll(&mut context).is_ready()
    }
}
