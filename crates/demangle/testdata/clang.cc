// What only clang compiles, or mangles in its own way.
#include <typeinfo>

#define USED __attribute__((used, noinline))

// Sizes of integers, vectors, halves and address spaces.
USED void sizes(_BitInt(17), unsigned _BitInt(128), _Float16, __bf16) {}
template <int N> USED void of_size(_BitInt(N)) {}
typedef float floats4 __attribute__((ext_vector_type(4)));
USED void vectors(floats4, floats4&) {}
USED void address_space(int __attribute__((address_space(3)))*, const char __attribute__((address_space(5)))*) {}

// enable_if, overloadable and preserved attributes.
USED int enabled(int n) __attribute__((enable_if(n > 3, "")));
int enabled(int) { return 1; }
USED void pass_size(void* const p __attribute__((pass_object_size(0)))) {}
USED void noescape(__attribute__((noescape)) int*) {}

// Blocks.
USED int blocks(int a) { int (^block)(int) = ^(int b) { return a + b; }; return block(1); }

// Structured bindings, deduced this, static operators.
struct Two { int a; long b; };
auto [first, second] = Two{1, 2};
namespace scope { auto [third, fourth] = Two{1, 2}; }
USED long use_bindings() { return first + second + scope::third + scope::fourth; }
struct Deduced { USED int explicit_this(this Deduced self, int) { return 1; } template <class S> USED int generic_this(this S&& self) { return 1; } USED static int operator()(int) { return 1; } };
USED int use_deduced() { Deduced d; return d.explicit_this(1) + d.generic_this() + d(1); }

// Template parameters of lambdas and of templates that need them to be told apart.
template <class T> concept Any = true;
template <auto V> USED void value() {}
template <template <auto> class T> USED void of_values() {}
template <auto V> struct Value {};
template <decltype(auto) V> USED void exact() {}
template <class T, T V> USED void typed() {}
template <Any T> USED void constrained(T) {}
template <Any auto V> USED void constrained_value() {}
template <class... T> struct Value_ {};
template <class... T> USED void pack_of_lambdas(T...) {}
USED void lambdas() {
  auto a = []<class T>(T t) { return t; };
  auto b = []<class T, class... U>(T, U...) {};
  auto c = []<int N, auto V, template <class...> class TT>(TT<int>*, char (*)[N]) {};
  auto d = []<Any T>(T, Any auto) requires Any<T> {};
  auto e = [](this auto self, int) { return 1; };
  a(1); b(1, 'c'); c.template operator()<1, 'x'>((Value_<int>*)nullptr, nullptr); d(1, 2); e(1);
  value<[](int i) { return i; }>(); value<1>(); of_values<Value>(); typed<int, 3>(); constrained(1); constrained_value<2>(); pack_of_lambdas(a, e);
}
int number;
USED void exacts() { exact<(number)>(); exact<1>(); of_size<7>(0); }

// Builtin traits and vendor expressions in signatures.
template <class T> USED auto trait(T) -> Value<__is_trivial(T)> { return {}; }
template <class T> USED void underlying(__underlying_type(T)) {}
template <class T> USED auto pointer_trait(T t) -> decltype(__builtin_addressof(t)) { return &t; }
enum E { e };
template <class T> USED auto type_ids(T t) -> decltype(typeid(T) == typeid(t)) { return true; }
template <class T> requires (requires(T t) { { t + 1 } noexcept -> Any; typename Value_<T>; requires sizeof(T) > 1; }) USED void requirements(T) {}
template <class T> USED void trailing(T) requires Any<T> && (sizeof(T) == 4) {}
struct Friendly { template <class T> USED friend void befriended(T, Friendly) requires Any<T> {} };
USED void traits() { trait(1); underlying<E>(1); type_ids(1); pointer_trait(1); requirements(1); trailing(1); befriended(1, Friendly()); }

// Structural values and subobjects.
struct Pair { int a; const int* b; int Pair::*c; };
int values[4];
struct Nested { Pair pair; union { int i; float f; } u; };
template <Pair P> USED void pair() {}
template <Nested N> USED void nested() {}
template <const int* P> USED void subobject() {}
template <const int& R> USED void reference() {}
USED void structural() { pair<Pair{1, values + 2, &Pair::a}>(); nested<Nested{{1, nullptr, nullptr}, {.i = 3}}>(); subobject<values + 1>(); subobject<values + 4>(); reference<values[2]>(); value<Pair{2, values, nullptr}>(); value<1.5>(); value<&Pair::a>(); }
