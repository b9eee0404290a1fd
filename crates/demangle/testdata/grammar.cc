// Declarations whose mangled names use the whole grammar. `testdata/record` compiles them and records what the
// reference makes of their names. Nothing here is ever run.
#include <compare>
#include <complex.h>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <tuple>
#include <typeinfo>
#include <utility>
#include <vector>

#define USED __attribute__((used, noinline))

// Scopes.
namespace plain {
USED void function() {}
USED int variable = 1;
namespace inner { inline namespace v2 { USED int nested(long) { return 0; } } }
}
namespace { USED int hidden(int) { return 3; } struct Hidden { USED void method() {} }; }
static USED void internal(unsigned) {}
void (*keep_internal)(unsigned) = internal;
int (*keep_hidden)(int) = hidden;
void (Hidden::*keep_method)() = &Hidden::method;
extern "C" USED void unmangled() {}

// Types of the language.
USED void integers(bool, char, signed char, unsigned char, wchar_t, char8_t, char16_t, char32_t) {}
USED void wider(short, unsigned short, int, unsigned, long, unsigned long, long long, unsigned long long) {}
USED void widest(__int128, unsigned __int128, float, double, long double, __float128, std::nullptr_t, ...) {}
USED void complex_number(_Complex double, _Complex float) {}
typedef int four __attribute__((vector_size(16)));
USED void vector(four, four*) {}

// Compound types.
USED void pointers(int*, const int*, int* const*, volatile const int* __restrict) {}
USED void references(int&, int&&, const std::string&, std::string&&) {}
USED void arrays(int (&)[3], int (*)[2][3], const int (&)[4], const int (*)[5][6]) {}
USED void functions(void (*)(), int (*)(char, ...), int (&)(int), void (**)(int*)) {}
USED void nested_functions(int (*(*)(char))(float), int (*(*)(int))[3], void (*(*[2])(int))(char)) {}
USED void noexcept_functions(void (*)() noexcept, int (*const)(int) noexcept) {}
USED int (*returns_function(int))(char) { return nullptr; }
USED int (&returns_array(int))[4] { static int four[4]; return four; }
struct Class { int member; int array[2]; void method(int) const; int overloaded(int) &; int overloaded(int) &&; };
USED void members(int Class::*, const int Class::*, int (Class::*)[2]) {}
USED void methods(void (Class::*)(int), void (Class::*)(int) const, int (Class::*)(int) &, int (Class::*)(int) const&& noexcept) {}
USED void member_of_members(int Class::* Class::*, void (Class::* Class::*)(int)) {}
USED void Class::method(int) const {}
USED int Class::overloaded(int) & { return 1; }
USED int Class::overloaded(int) && { return 2; }
USED void repeated(Class, Class*, const Class&, Class*, const Class&, std::vector<Class>, std::vector<Class>*) {}

// Operators and special members.
struct Operators {
  USED Operators(int) {}
  USED virtual ~Operators() {}
  USED Operators& operator=(const Operators&) { return *this; }
  USED Operators operator+(int) const { return *this; }
  USED bool operator<(int) const { return true; }
  USED bool operator>>(int) { return true; }
  USED std::strong_ordering operator<=>(int) const { return std::strong_ordering::equal; }
  USED int operator()(int, char) { return 1; }
  USED int& operator[](int) { static int i; return i; }
  USED Operators* operator->() { return this; }
  USED int operator->*(int) { return 1; }
  USED Operators& operator++() { return *this; }
  USED Operators operator++(int) { return *this; }
  USED int operator,(int) { return 1; }
  USED int operator~() { return 1; }
  USED int operator!() { return 1; }
  USED int operator&&(int) { return 1; }
  USED int operator^=(int) { return 1; }
  USED operator int() const { return 1; }
  USED operator const std::string*() { return nullptr; }
  template <class T> USED operator std::vector<T>() { return {}; }
  template <class T> USED bool operator<(T) const { return false; }
  USED static void* operator new(std::size_t) { return nullptr; }
  USED static void operator delete[](void*) {}
};
USED long double operator""_kilo(long double value) { return value; }
USED unsigned long long operator""_k(const char* text, std::size_t) { return *text; }
USED void use_operators(Operators& o) { (void)o.operator std::vector<int>(); (void)o.operator std::vector<long*>(); (void)(o.operator< <char>('a')); }
template <template <class> class T> struct ToTemplate { template <class U> USED operator T<U>() { return {}; } };
template <class T> struct Box { T value; };
USED void to_template() { ToTemplate<Box> b; (void)b.operator Box<int>(); }

// Tables, thunks, guards.
struct Base1 { virtual void first(); virtual ~Base1(); int a; };
struct Base2 { virtual Base1* second(); virtual ~Base2(); int b; };
struct Virtual : virtual Base1 { void first() override; int c; };
struct Derived : Base2, Virtual { void first() override; Derived* second() override; ~Derived() override; };
struct Derived2 : Derived { Derived2* second() override; };
void Base1::first() {} Base1::~Base1() {} Base1* Base2::second() { return nullptr; } Base2::~Base2() {}
void Virtual::first() {} void Derived::first() {} Derived* Derived::second() { return this; } Derived::~Derived() {}
Derived2* Derived2::second() { return this; }
USED Class& guarded() { static Class object = *new Class; static thread_local Class local = *new Class; return &local == &object ? object : local; }
thread_local Class global_thread_local = *new Class;
USED Class* use_thread_local() { return &global_thread_local; }
const std::string& temporary = std::string("text");
const std::type_info& info = typeid(int (*)(Class*));

// Templates.
template <class T> USED T identity(T value) { return value; }
template <class... T> USED int pack(T...) { return sizeof...(T); }
template <class... T> USED std::tuple<std::remove_reference_t<T>*...> pointers_of(T&&...) { return {}; }
template <class... T, class U> USED void pack_and_one(std::tuple<T...>, U) {}
template <int N> USED void number() {}
template <unsigned long N, char C, bool B> USED void values() {}
template <long long N> USED void negative() {}
template <int* P> USED void address() {}
template <void (*F)(int)> USED void function_address() {}
template <int Class::*M> USED void member() {}
template <void (Class::*M)(int) const> USED void method() {}
template <std::nullptr_t> USED void null() {}
enum class Color { red, green = -1 };
enum Old { old_value };
template <Color C, Old O> USED void enumerators() {}
template <template <class...> class T> USED void with_template() {}
template <auto V> USED void with_auto() {}
template <auto... V> USED void with_autos() {}
template <double D, float F> USED void floating() {}
struct Structural { int a; Color b; const int* p; };
struct Pair { int a, b; };
template <Structural S> USED void structural() {}
union Union { int i; char c; constexpr Union(char c) : c(c) {} };
struct Text { char text[4]; constexpr Text(const char (&t)[4]) : text{t[0], t[1], t[2], t[3]} {} };
template <Text T> USED void text() {}
int object = 1;
void takes_int(int) {}
template <class T> struct Outer {
  template <class U> struct Inner { USED Inner() {} template <class V> USED V method(T, U, V*) const { return V(); } };
  USED static T* create(const T&) { return nullptr; }
  USED friend bool operator==(const Outer&, const Outer&) { return true; }
};
template <class T> T variable_template = T();
USED void instantiate() {
  identity(1); identity<const char*>(""); identity(Class()); identity<void (*)(int)>(takes_int); identity(std::string()); identity<int Class::*>(nullptr);
  pack(); pack(1); pack(1, 'c', Class(), (int*)nullptr); pointers_of(1, object, Class()); pack_and_one(std::tuple<>(), 1); pack_and_one(std::tuple<int, char>(), 1L);
  number<0>(); number<-7>(); values<7, 'a', true>(); values<0, '\0', false>(); negative<-5>(); address<&object>(); address<nullptr>();
  function_address<takes_int>(); member<&Class::member>(); method<&Class::method>(); null<nullptr>(); enumerators<Color::green, old_value>();
  with_template<std::vector>(); with_template<std::map>(); with_auto<3>(); with_auto<&takes_int>(); with_auto<'x'>(); with_autos<1, 'c', true>(); with_auto<Color::red>();
  floating<1.5, -2.0f>(); structural<Structural{1, Color::green, nullptr}>(); text<"abc">();
  Outer<int>::Inner<char> inner; inner.method(1, 'c', (double*)nullptr); Outer<Outer<int>>::create({}); (void)(Outer<long>() == Outer<long>());
  variable_template<std::pair<int, Class>> = {}; variable_template<int> = 4;
}

// What stands in functions.
template <class T> USED auto local_class(T) { struct Local { USED int method() { return 1; } USED static void stat() {} enum { a, b } e; }; Local l; l.method(); Local::stat(); return l; }
USED int lambdas(int x) {
  auto none = [] { return 1; };
  auto one = [x](int y) { static int counter; return x + y + counter++; };
  auto generic = [](auto a, auto&& b, auto... c) { return sizeof(a) + sizeof(b) + sizeof...(c); };
  auto pointers = [](void (*f)(int), int (&a)[3]) { f(a[0]); return 0; };
  auto templated = []<class T, int N>(T (&)[N]) { return N; };
  auto constrained = []<class T>(T t) requires (sizeof(T) > 1) { return t; };
  auto in_lambda = [=] { return [=](char c) { return c + x; }; };
  auto mutable_one = [x]() mutable noexcept { return ++x; };
  int three[3] = {};
  return none() + one(1) + generic(1, 2, 3, 'c') + pointers(takes_int, three) + templated(three) + constrained(1) + in_lambda()('c') + mutable_one() + local_class(1).method() + (int)local_class(Class()).e;
}
template <class F> USED int around(F*, F&, F* const*, int F::*, F (*)(F&)) { return 1; }
template <class F> USED auto around_type(F f) -> decltype(&f) { return nullptr; }
USED int around_lambdas() {
  auto takes_function = [](void (*f)(int)) { f(1); return 1; };
  auto takes_array = [](int (&a)[3], int (*)[2][2]) { return a[0]; };
  auto takes_member = [](int (Class::*)(int) const, int Class::*) { return 1; };
  around_type(takes_function); around_type(takes_member);
  return around<decltype(takes_function)>(&takes_function, takes_function, nullptr, nullptr, nullptr) + around<decltype(takes_array)>(&takes_array, takes_array, nullptr, nullptr, nullptr)
    + around<decltype(takes_member)>(&takes_member, takes_member, nullptr, nullptr, nullptr);
}
template <class F> USED int call(F f) { return f(); }
USED int calls() { return call([] { return 1; }) + call([] { return 2; }) + identity([](int* p) { return p; })(nullptr)[0]; }
struct DefaultArguments { USED void method(std::function<int()> a = [] { return 1; }, std::function<int()> b = [] { return 2; }) { a(); b(); } int field = [] { return 5; }(); };
USED int default_arguments() { DefaultArguments d; d.method(); return d.field; }
inline auto global_lambda = [](int i) { return i; };
USED int use_global_lambda() { return global_lambda(1); }
USED const char* strings() { static const char* names[] = {"one", "two"}; struct S { static const char* f() { return __func__; } }; return S::f() ? names[0] : names[1]; }
struct Unnamed { enum { e1, e2 } first; struct { int x; USED void method() {} } second; union { int u; } third; };
USED void use_unnamed(Unnamed& u) { u.second.method(); identity(u.first); identity(u.second); }
std::pair<int, int> make_pair_of_ints();
auto [bound_first, bound_second] = std::pair<int, long>(1, 2);

// Expressions that depend on parameters.
template <class T> USED auto plus(T a, T b) -> decltype(a + b) { return a + b; }
template <class T> USED auto call_member(T t) -> decltype(t.method(1)) { return t.method(1); }
template <class T> USED auto through_pointer(T* t) -> decltype(t->member) { return t->member; }
template <class T> USED auto index(T t) -> decltype(t[0] = -1) { return t[0] = -1; }
template <class T> USED auto conditional(T a) -> decltype(a ? a : !a) { return a; }
template <class T> USED auto make(T) -> decltype(new T(1)) { return nullptr; }
template <class T> USED auto make_list(T) -> decltype(new T{1, 2}) { return nullptr; }
template <class T> USED auto make_array(T) -> decltype(::new T[2]) { return nullptr; }
template <class T> USED auto destroy(T* t) -> decltype(delete t) {}
template <class T> USED auto casts(T t) -> decltype(static_cast<long>(t) + (int)t + *const_cast<const T*>(&t) + reinterpret_cast<long>(&t)) { return 0; }
template <class T> USED auto dynamic(T* t) -> decltype(dynamic_cast<Derived*>(t)) { return nullptr; }
template <class T> USED auto size(T t) -> decltype(char(sizeof(T) + sizeof t + alignof(T))) { return 0; }
template <class T> USED auto throws(T t) -> decltype(throw t) {}
template <class T> USED auto is_noexcept(T t) noexcept(noexcept(t + t)) -> decltype(t) { return t; }
template <class T> USED void noexcept_type(void (*)(T) noexcept(sizeof(T) > 4)) {}
template <class T> USED void array_of_size(int (&)[sizeof(T)]) {}
template <int N> USED void array_plus(int (&)[N + 1]) {}
template <class T, class U> USED auto initializer(T, U) -> decltype(T{1, 2}) { return {}; }
template <class T> USED typename T::type dependent(T, typename T::template rebind<int>::type*) { return {}; }
struct HasTypes { using type = int; template <class T> struct rebind { using type = T*; template <class U> static T get(); }; template <class T> static int get(); int value; };
template <class T> USED auto dependent_name(T) -> decltype(T::template get<int>() + T::template rebind<int>::template get<char>()) { return 0; }
template <class T> USED auto global_name(T t) -> decltype(::identity(t)) { return t; }
template <class T> USED auto adl_name(T t) -> decltype(identity(t), (identity)(t), void()) {}
template <class T> USED auto destructor(T* t) -> decltype(t->~T()) {}
template <class T> USED auto bits(T t) -> decltype(~t & t | t ^ t << 1 >> 2 % t) { return 0; }
template <class T> USED auto steps(T t) -> decltype(++t + t-- + -t + +t) { return 0; }
template <class T> USED auto logic(T t) -> decltype(t && t || t == t && t != t || t <= t && t >= t) { return true; }
template <class T> USED auto compare(T t) -> decltype(t <=> t) { return t <=> t; }
template <class T> USED auto assign(T t) -> decltype(t += 1, t *= 2, t <<= 1, t |= 1, T()) { return t; }
template <class T> USED auto member_pointer(T t, int T::*p) -> decltype(t.*p + (&t)->*p) { return 0; }
template <class... T> USED auto fold(T... t) -> decltype((t + ...)) { return (t + ...); }
template <class... T> USED auto fold_left(T... t) -> decltype((... * t)) { return (... * t); }
template <class... T> USED auto fold_from(T... t) -> decltype((0 + ... + t) + (t - ... - 1)) { return 0; }
template <class... T> USED auto fold_comma(T... t) -> decltype((identity(t), ...)) { return (identity(t), ...); }
template <class... T> USED void sizeof_pack(int (&)[sizeof...(T) + 1], T...) {}
template <class... T, class... U> USED void two_packs(std::tuple<T...>, std::pair<T, U>...) {}
template <class... T> USED void packs_of_functions(void (*...functions)(T), T*...) {}
template <class T, class = decltype(T() + 1)> USED void defaulted(T) {}
template <class T> USED std::enable_if_t<(sizeof(T) > 2), T> enabled(T t) { return t; }
template <class T> USED auto this_return(T t) -> decltype(t.value) { return t.value; }
template <class T> struct InMember { T* pointer; USED auto get() -> decltype(this->pointer) { return pointer; } template <class U> USED auto sum(U u) -> decltype(*pointer + u) { return *pointer + u; } };
template <class T> USED auto in_lambda_type(T) { return [](T t, auto a) { return t + a; }; }
struct Callable { USED long method(int) { return 1; } int value; };
USED void expressions(HasTypes has, Class object, Callable callable, void (*may_throw)(long) noexcept) {
  int three[3] = {}, eight[8] = {};
  int* pointer = three;
  Base1* base = nullptr;
  plus(1, 2); call_member(callable); through_pointer(&object); index(pointer); conditional(1); make(1); make_list(Pair()); make_array('c');
  destroy(pointer); casts(1); dynamic(base); size(1L); throws(1); is_noexcept(1); noexcept_type<long>(may_throw); array_of_size<long>(eight); array_plus<2>(three);
  initializer(Pair(), 'c'); dependent(has, (int**)nullptr); dependent_name(has); global_name(1); adl_name(1); destructor(&callable); bits(1); steps(1); logic(1);
  compare(1); assign(1); member_pointer(has, &HasTypes::value); fold(1, 2L); fold_left(1, 'c'); fold_from(1, 2, 3); fold_comma(1, 'c'); sizeof_pack(three, 'a', 1.0);
  two_packs(std::tuple<int, char>(), std::pair<int, long>(), std::pair<char, float>()); packs_of_functions<int, char>(nullptr, nullptr, nullptr, nullptr); defaulted(1); enabled(1); this_return(callable);
  InMember<int>{}.get(); InMember<long>{}.sum('c'); in_lambda_type(1)(1, 'c');
}

// Concepts.
template <class T> concept Small = sizeof(T) <= 8;
template <class T, class U> concept Same = std::is_same_v<T, U>;
template <Small T> USED void constrained(T) {}
template <class T> USED void required(T) requires Small<T> && (!Same<T, char>) {}
template <class T> requires requires(T t, int i) { t.value + i; { (t.value) } noexcept -> Same<int&>; typename T::type; requires Small<T>; } USED void requirement(T) {}
USED void abbreviated(Small auto, const Small auto&...) {}
template <class T> struct Conditional { void method(int) requires Small<T> {} void method(long) requires (!Small<T>) {} template <Same<T> U> USED friend void befriended(U) {} };
template <class T> USED decltype(auto) deduced(T&& t) { return (t); }
template <class T> USED Small auto constrained_auto(T t) { return t; }
USED void concepts() { constrained(1); required(2); requirement(HasTypes()); abbreviated(1, 'c', 2L); Conditional<int>().method(1); Conditional<std::string>().method(2); deduced(object); constrained_auto(3); }

// Tags, inherited constructors, coroutines' operators, aliases, variadic members.
struct [[gnu::abi_tag("tag")]] Tagged { USED Tagged() {} USED void method() {} };
[[gnu::abi_tag("one", "two")]] USED int tagged_function(Tagged) { return 1; }
[[gnu::abi_tag("v")]] USED int tagged_variable = 2;
inline namespace [[gnu::abi_tag("ns")]] tagged_namespace { USED Tagged return_tagged() { return {}; } struct InTagged { USED ~InTagged() {} }; }
struct Inherits : Operators { using Operators::Operators; USED Inherits(char) : Operators(1) {} };
template <class T> struct TemplateBase { template <class U> USED TemplateBase(U, T*) {} };
struct InheritsTemplate : TemplateBase<int> { using TemplateBase<int>::TemplateBase; };
USED void inherited() { Tagged().method(); Inherits a(1); InheritsTemplate b('c', (int*)nullptr); return_tagged(); InTagged(); }
template <class... Bases> struct Overloaded : Bases... { using Bases::operator()...; };
template <class... Bases> Overloaded(Bases...) -> Overloaded<Bases...>;
USED int overloaded() { Overloaded o{[](int) { return 1; }, [](const char*) { return 2; }}; return o(1) + o(""); }
template <class T> using Pointer = T*;
template <template <class> class T> USED void alias_template(T<int>) {}
USED void aliases() { alias_template<Box>({}); alias_template<Pointer>(nullptr); }
template <class R, class... A> USED void signature(R (*)(A...)) {}
template <class R, class... A> USED void signature(std::function<R(A...)>) {}
template <class C, class R, class... A> USED void signature(R (C::*)(A...) const) {}
USED void signatures() { signature(takes_int); signature(std::function<int(char, Class&)>()); signature(&Class::method); signature(strings); }
USED void library(std::map<std::string, std::vector<std::unique_ptr<int[]>>>&, std::initializer_list<std::string>, std::ostream&, std::istream*, std::iostream&&, std::allocator<char>) {}
struct Explicit { USED Explicit(std::string) {} USED std::string to_string() const volatile { return ""; } USED static void* operator new[](std::size_t, void*) { return nullptr; } };
USED void use_explicit() { std::string s; s.~basic_string(); Explicit e(s); e.to_string(); }
