//! What a request makes out of date (RFC 9111 §4.4).

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

/// Says whether the response to this request makes stored responses of its URL out of date: an unsafe method (also one that
/// isn't known) that went well.
pub(in crate::http) fn invalidates(method: &Method, status: StatusCode) -> bool {
    !method.is_safe() && (status.is_success() || status.is_redirection())
}

/// Returns the other URLs that the response makes out of date: `Location` and `Content-Location`, resolved against the
/// request's `target`, which is absolute (scheme, host, path and query), where they are of the same origin. Others could be
/// named by anyone to empty the caches of somebody else.
pub(in crate::http) fn targets(target: &Uri, response: &HeaderMap) -> Vec<Uri> {
    let references = [header::LOCATION, header::CONTENT_LOCATION].map(|name| response.get(name));
    let mut targets: Vec<Uri> = Vec::new();
    for target in references.into_iter().flatten().filter_map(|reference| resolve(target, reference)) {
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    targets
}

/// Resolves a reference (RFC 3986 §5.2), if it leads to the same origin.
fn resolve(base: &Uri, reference: &HeaderValue) -> Option<Uri> {
    let reference = reference.to_str().ok()?;
    let reference = reference.split('#').next().unwrap_or_default();
    let scheme = base.scheme_str()?;
    if has_scheme(reference) {
        let uri: Uri = reference.parse().ok()?;
        return is_same_origin(base, &uri).then(|| at(base, uri.path(), uri.query()))?;
    }
    if reference.starts_with("//") {
        let uri: Uri = format!("{scheme}:{reference}").parse().ok()?;
        return is_same_origin(base, &uri).then(|| at(base, uri.path(), uri.query()))?;
    }
    let (path, query) = match reference.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (reference, None),
    };
    match path {
        "" => at(base, base.path(), query.or(base.query())),
        path if path.starts_with('/') => at(base, path, query),
        path => {
            let directory = base.path().rsplit_once('/').map_or("", |(directory, _)| directory);
            at(base, &format!("{directory}/{path}"), query)
        }
    }
}

/// Builds the URL of a path at the origin of `base`, without its dot segments.
fn at(base: &Uri, path: &str, query: Option<&str>) -> Option<Uri> {
    let mut path_and_query = without_dots(path);
    if let Some(query) = query {
        path_and_query.push('?');
        path_and_query.push_str(query);
    }
    let mut parts = http::uri::Parts::default();
    parts.scheme = base.scheme().cloned();
    parts.authority = base.authority().cloned();
    parts.path_and_query = Some(path_and_query.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Says whether a reference starts with a scheme, and so is absolute.
fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// Compares scheme, host and port; ports that are not written are the scheme's.
fn is_same_origin(one: &Uri, other: &Uri) -> bool {
    fn port(uri: &Uri) -> Option<u16> {
        uri.port_u16().or(match uri.scheme_str() {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        })
    }
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    one.scheme() == other.scheme() && host(one) == host(other) && port(one) == port(other)
}

/// Removes `.` and `..` from a path (RFC 3986 §5.2.4).
fn without_dots(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let path = path.strip_prefix('/').unwrap_or(path);
    let mut ends_open = false;
    for segment in path.split('/') {
        ends_open = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    if ends_open {
        segments.push("");
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{invalidates, targets};
    use crate::http::rfc9111::tests::headers;
    use http::{Method, StatusCode, Uri};

    fn location(reference: &str) -> Vec<String> {
        let base: Uri = "http://example.com/a/b?c".parse().unwrap();
        targets(&base, &headers(&[("location", reference)])).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn unsafe_methods_that_go_well_invalidate() {
        let search = Method::from_bytes(b"M-SEARCH").unwrap();
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, search] {
            assert!(invalidates(&method, StatusCode::OK) && invalidates(&method, StatusCode::SEE_OTHER));
            assert!(!invalidates(&method, StatusCode::BAD_REQUEST));
            assert!(!invalidates(&method, StatusCode::INTERNAL_SERVER_ERROR));
        }
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE] {
            assert!(!invalidates(&method, StatusCode::OK));
        }
    }

    #[test]
    fn references_are_resolved() {
        for (reference, target) in [
            ("/x?y#z", "http://example.com/x?y"),
            ("x", "http://example.com/a/x"),
            ("./x/.", "http://example.com/a/x/"),
            ("../x", "http://example.com/x"),
            ("../../../x", "http://example.com/x"),
            ("?d", "http://example.com/a/b?d"),
            ("", "http://example.com/a/b?c"),
            ("http://EXAMPLE.com:80/x", "http://example.com/x"),
            ("//example.com/x", "http://example.com/x"),
            ("x:y/z", ""),
        ] {
            let expected: Vec<_> = Some(target).filter(|target| !target.is_empty()).into_iter().collect();
            assert_eq!(location(reference), expected, "{reference}");
        }
    }

    #[test]
    fn other_origins_are_left_alone() {
        for reference in [
            "https://example.com/x",
            "http://example.com:81/x",
            "http://other.com/x",
            "//other.com/x",
            "mailto:a@b",
        ] {
            assert_eq!(location(reference), [""; 0], "{reference}");
        }
    }

    #[test]
    fn both_headers_count_and_the_same_url_once() {
        let base: Uri = "http://example.com/".parse().unwrap();
        let response = headers(&[("location", "/x"), ("content-location", "/y")]);
        assert_eq!(targets(&base, &response).len(), 2);
        assert_eq!(targets(&base, &headers(&[("location", "/x"), ("content-location", "x")])).len(), 1);
    }
}
