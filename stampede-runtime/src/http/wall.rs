//! The time of day, which may be wrong and may be set while a service runs.
//!
//! It is asked once for a response, when that arrives, to compare with the dates that it brings. From then on its age is counted
//! by the clock that only goes forward: setting the time of day makes nothing older or younger that is stored.

#[cfg(not(test))]
pub(super) fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

#[cfg(test)]
pub(super) use tests::now;

#[cfg(test)]
mod tests {
    use crate::http::StampedeLayer;
    use bytes::Bytes;
    use http::{Request, Response};
    use http_body_util::Full;
    use std::{
        cell::Cell,
        convert::Infallible,
        time::{Duration, SystemTime},
    };
    use tower::{Layer, Service, ServiceExt, service_fn};

    const HOUR: i64 = 3_600;

    thread_local! {
        /// By how many seconds the clock of this thread is ahead.
        static AHEAD: Cell<i64> = const { Cell::new(0) };
    }

    pub(in crate::http) fn now() -> SystemTime {
        set_by(AHEAD.get())
    }

    fn set_by(seconds: i64) -> SystemTime {
        let by = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { SystemTime::now() - by } else { SystemTime::now() + by }
    }

    fn date(seconds: i64) -> String {
        httpdate::fmt_http_date(set_by(seconds))
    }

    /// An origin whose clock is right, behind a layer that obeys.
    fn service(
        headers: impl Fn() -> Vec<(&'static str, String)> + Clone + Send + 'static,
    ) -> impl AsyncFnMut() -> (String, String, u64) {
        let origin = service_fn(move |_: Request<Full<Bytes>>| {
            let mut response = Response::builder();
            for (name, value) in headers() {
                response = response.header(name, value);
            }
            std::future::ready(Ok::<_, Infallible>(
                response.body(Full::new(Bytes::from("page"))).expect("a response"),
            ))
        });
        let mut service = StampedeLayer::rfc9111().layer(origin);
        async move || {
            let request = Request::get("/page").body(Full::default()).expect("a request");
            let response = service.ready().await.expect("it is").call(request).await.expect("a response");
            let text =
                |name| response.headers().get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
            let text = |name| text(name).unwrap_or_default().to_owned();
            (text("cache-status"), text("date"), text("age").parse().unwrap_or(0))
        }
    }

    fn is_hit(status: &str, most: u64) -> bool {
        let left = status.strip_prefix("stampede; hit; ttl=").and_then(|left| left.parse::<u64>().ok());
        left.is_some_and(|left| left <= most)
    }

    // F1: back and forth by an hour, while a response is stored.
    #[tokio::test]
    async fn a_step_changes_nothing_about_what_is_stored() {
        let mut ask = service(|| vec![("cache-control", "max-age=60".to_owned()), ("date", date(0))]);
        assert!(ask().await.0.ends_with("stored"));
        for ahead in [HOUR, -HOUR, 100_000 * HOUR, 0] {
            AHEAD.set(ahead);
            let (status, _, age) = ask().await;
            assert!(is_hit(&status, 60) && age < 30, "{ahead} s ahead: {status}, {age} s old");
        }
    }

    // H6: a response seems to have been under way for an hour. Rather too old than too young.
    #[tokio::test]
    async fn what_arrives_while_the_clock_is_ahead_is_too_old() {
        let mut ask = service(|| vec![("cache-control", "max-age=60".to_owned()), ("date", date(0))]);
        AHEAD.set(HOUR);
        for _ in 0..3 {
            let (status, ..) = ask().await;
            assert!(status.starts_with("stampede; fwd="), "{status}");
        }
        // The clock is put right: so is the next response.
        AHEAD.set(0);
        assert!(ask().await.0.starts_with("stampede; fwd="));
        assert!(is_hit(&ask().await.0, 60));
    }

    // F1: a date that lies ahead adds nothing to the time for which the response is fresh.
    #[tokio::test]
    async fn what_arrives_while_the_clock_is_behind_is_fresh_for_its_own_time() {
        AHEAD.set(-HOUR);
        let mut ask = service(|| vec![("cache-control", "max-age=60".to_owned()), ("date", date(0))]);
        ask().await;
        assert!(is_hit(&ask().await.0, 60));
        // By two dates of the origin's clock.
        let mut ask = service(|| vec![("expires", date(60)), ("date", date(0))]);
        ask().await;
        let (status, ..) = ask().await;
        assert!(is_hit(&status, 60), "{status}");
    }

    // H6: without a date of the origin's own there is the layer's alone, by which it then is an hour more.
    #[tokio::test]
    async fn what_has_no_date_gets_that_of_its_arrival() {
        AHEAD.set(-HOUR);
        let mut ask = service(|| vec![("expires", date(60))]);
        ask().await;
        AHEAD.set(0);
        let (status, shown, age) = ask().await;
        assert!(is_hit(&status, 3_660) && !is_hit(&status, 3_500), "{status}");
        assert!(
            httpdate::parse_http_date(&shown).expect("a date") < set_by(-HOUR + 60) && age < 30,
            "{shown}"
        );
    }

    // F1: the fixed layer asks no clock but the one that only goes forward.
    #[tokio::test]
    async fn a_fixed_ttl_does_not_depend_on_it() {
        for ahead in [HOUR, -HOUR, 0] {
            AHEAD.set(ahead);
            let origin = service_fn(|_: Request<Full<Bytes>>| async {
                let response = Response::builder().header("date", date(0)).header("expires", date(-5));
                Ok::<_, Infallible>(response.body(Full::new(Bytes::from("page"))).expect("a response"))
            });
            let service = StampedeLayer::new(Duration::from_secs(60)).layer(origin);
            for is_stored in [false, true] {
                AHEAD.set(-AHEAD.get());
                let request = Request::get("/page").body(Full::default()).expect("a request");
                let response = service.clone().oneshot(request).await.expect("a response");
                let status = response.headers()["cache-status"].to_str().expect("text");
                assert_eq!(is_hit(status, 60), is_stored, "{ahead} s ahead: {status}");
            }
        }
    }
}
