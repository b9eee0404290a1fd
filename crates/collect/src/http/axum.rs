//! The endpoints for servers made with axum.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::any;

/// Routes for everything below `/debug/pprof`, to be merged into those of the program.
///
/// ```no_run
/// let app = axum::Router::<()>::new()/* .route(…) */.merge(hotlist_collect::axum::router());
/// ```
///
/// Who may ask is for the program to decide, by a layer or by serving these routes on an address of their own. See
/// [`hyper::answer`](crate::hyper::answer) for how a request is answered.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let answer = |request: axum::extract::Request| async {
        super::hyper::answer(request).await.map(axum::body::Body::new).into_response()
    };
    Router::new()
        .route("/debug/pprof", any(answer))
        .route("/debug/pprof/", any(answer))
        .route("/debug/pprof/{*name}", any(answer))
}
