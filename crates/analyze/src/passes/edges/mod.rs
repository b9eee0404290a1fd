//! Edges: who calls whom, and how much.
//!
//! A graph shows few of the places of a profile. An edge between two places that are kept weighs as much as all stacks
//! on which one calls the other, directly or across places that are left out; then it is residual. Kept places have
//! dense numbers, their slots. What happens to one stack, where `glue` is left out and `write` is inlined:
//!
//! ```text
//!                 root                                             leaf
//! frames          main     serve    glue     encode (write)      malloc
//!                  |         |        |         |      |            |
//! location_codes   0         1     dropped      2   3 inlined       4
//!                  |         |        |         |      |            |
//! calls_between    +-- 0>1 --+- 1>2 residual ---+-2>3--+---- 3>4 ---+
//! calls_into {4}                                       +---- 3>4 ---+
//!                        |          |             |           |
//! edge_table         0>1 += w   1>2 += w      2>3 += w    3>4 += w     each edge once a stack; a table a thread
//!                        |          |             |           |
//! weigh_edges      the tables of all threads, sorted and merged: edges between places, with their weights
//! ```
//!
//! * [`width`]: slots have 15 bits where they fit and 31 otherwise, so that the tables stay in the caches.
//! * [`call`]: a caller, a callee, whether places between them are left out and whether the callee was inlined, in one
//!   number.
//! * [`location_codes`]: for each location the slots of the places that it stands for; one look for each frame.
//! * [`search`]: what finding the calls of a stack means. There are two ways: [`calls_between`] finds all calls or those
//!   at some places, and [`calls_into`] those into some places, for `top`, which asks only whether a function was
//!   inlined.
//! * [`edge_table`]: the sums, in a hash table.
//! * [`weigh_edges`]: the pass, which begins here. Its tests compare both ways and both widths with the rules, applied
//!   frame by frame.

pub(crate) mod call;
pub(crate) mod calls_between;
pub(crate) mod calls_into;
pub(crate) mod edge_table;
pub(crate) mod location_codes;
pub(crate) mod search;
pub(crate) mod weigh_edges;
pub(crate) mod width;
