#[cfg_attr(
    doc,
    doc = "\n\nMemoized by `#[stampede]`: `digest::invalidate`, `digest::refresh`, `digest::uncached`, `digest::peek`, `digest::insert`, `digest::call_with_info`, `digest::clear`, `digest::stats` and `digest::cache` work on its cache.\n\nA call that waits for another one's load blocks its thread: inside an async runtime, call it by `spawn_blocking`."
)]
#[allow(
    clippy::fn_params_excessive_bools,
    clippy::multiple_bound_locations,
    clippy::too_many_arguments,
    clippy::type_complexity,
    clippy::used_underscore_binding
)]
fn digest(path: &Path) -> io::Result<u64> {
    let __stampede_begun;
    {
        __stampede_begun = digest_in_an_impl_needs_companion_none::digest::__cache()
            .begin(
                &::stampede::__private::One(path),
                ::stampede::__private::Refresher::Nobody,
            );
    }
    match __stampede_begun {
        ::core::result::Result::Ok(__stampede_output) => __stampede_output,
        ::core::result::Result::Err(__stampede_miss) => {
            __stampede_miss
                .blocking(move || -> io::Result<u64> {
                    <digest_in_an_impl_needs_companion_none::digest>::_digest(path)
                })
        }
    }
}
#[doc(hidden)]
#[allow(
    unused_imports,
    unreachable_pub,
    non_camel_case_types,
    non_snake_case,
    clippy::all,
    clippy::pedantic
)]
mod __stampede_digest {
    pub enum digest {}
}
#[doc(hidden)]
#[allow(
    unused_imports,
    unreachable_pub,
    non_camel_case_types,
    non_snake_case,
    clippy::all,
    clippy::pedantic
)]
use __stampede_digest as digest_in_an_impl_needs_companion_none;
#[doc(hidden)]
#[allow(
    unused_imports,
    unreachable_pub,
    non_camel_case_types,
    non_snake_case,
    clippy::all,
    clippy::pedantic
)]
use __stampede_digest::digest;
#[doc(hidden)]
#[allow(
    unused_imports,
    unreachable_pub,
    non_camel_case_types,
    non_snake_case,
    clippy::all,
    clippy::pedantic
)]
impl __stampede_digest::digest {
    const __SHARING: ::core::option::Option<
        ::stampede::__private::Sharing<io::Result<u64>>,
    > = {
        #[allow(unused_imports)]
        use ::stampede::__private::Unshared as _;
        ::stampede::__private::first([
            ::stampede::__private::Outputs::<io::Result<u64>>::CLONED,
            ::stampede::__private::Outputs::<io::Result<u64>>::WRAPPED_ERROR,
            ::stampede::__private::Outputs::<io::Result<u64>>::HELD_ERROR,
        ])
    };
    #[inline]
    pub fn cache() -> &'static ::stampede::__private::FnCache<
        <<__stampede_digest::digest as ::stampede::__private::Judged>::Verdict as ::stampede::__private::Own<
            Path,
        >>::Owned,
        io::Result<u64>,
    > {
        Self::__cache().reveal()
    }
    #[inline]
    fn __cache() -> &'static <<__stampede_digest::digest as ::stampede::__private::Judged>::Verdict as ::stampede::__private::Choose<
        <<__stampede_digest::digest as ::stampede::__private::Judged>::Verdict as ::stampede::__private::Own<
            Path,
        >>::Owned,
        io::Result<u64>,
    >>::Cache {
        #[allow(unused_imports)]
        use ::stampede::__private::{Plain as _, Unprinted as _};
        static __STAMPEDE_CACHE: ::stampede::__private::Place<
            <<__stampede_digest::digest as ::stampede::__private::Judged>::Verdict as ::stampede::__private::Choose<
                <<__stampede_digest::digest as ::stampede::__private::Judged>::Verdict as ::stampede::__private::Own<
                    Path,
                >>::Owned,
                io::Result<u64>,
            >>::Cache,
            <<__stampede_digest::digest as ::stampede::__private::Judged>::Verdict as ::stampede::__private::Own<
                Path,
            >>::Owned,
            io::Result<u64>,
        > = ::stampede::__private::Place::new(
            ::stampede::__private::Blueprint::<
                <<__stampede_digest::digest as ::stampede::__private::Judged>::Verdict as ::stampede::__private::Own<
                    Path,
                >>::Owned,
                io::Result<u64>,
            > {
                name: ::std::borrow::Cow::Borrowed(
                    ::core::concat!(::core::module_path!(), "::", "digest"),
                ),
                settings: ::stampede::__private::Settings {
                    ttl: ::core::time::Duration::new(5u64, 0u32),
                    ..::stampede::__private::Settings::NEW
                },
                sharing: <__stampede_digest::digest>::__SHARING,
                kind: ::stampede::__private::kind_of([
                    ::stampede::__private::Outputs::<io::Result<u64>>::RESULT_OF_OPTION,
                    ::stampede::__private::Outputs::<io::Result<u64>>::RESULT,
                    ::stampede::__private::Outputs::<io::Result<u64>>::OPTION,
                ]),
                describe: ::stampede::__private::Outputs::<io::Result<u64>>::DESCRIBE,
                ttl_from: ::core::option::Option::None,
                timed_out: ::core::option::Option::None,
                capacity: ::core::option::Option::Some(
                    ::stampede::__private::DEFAULT_CAPACITY,
                ),
                print_key: ::stampede::__private::Keys::<
                    <<__stampede_digest::digest as ::stampede::__private::Judged>::Verdict as ::stampede::__private::Own<
                        Path,
                    >>::Owned,
                >::PRINT,
            },
            ::stampede::__private::Attached::none,
        );
        __STAMPEDE_CACHE.get()
    }
    pub fn invalidate(path: &Path) -> bool {
        __stampede_digest::digest::__cache()
            .invalidate(&::stampede::__private::One(path))
    }
    pub fn peek(path: &Path) -> ::core::option::Option<io::Result<u64>> {
        __stampede_digest::digest::__cache().peek(&::stampede::__private::One(path))
    }
    pub fn insert(
        path: &Path,
        __stampede_output: impl ::stampede::__private::IntoOutput<io::Result<u64>>,
    ) {
        __stampede_digest::digest::__cache()
            .put(&::stampede::__private::One(path), __stampede_output);
    }
    pub fn call_with_info(
        path: &Path,
    ) -> (io::Result<u64>, ::stampede::__private::Served) {
        #[allow(deprecated)]
        let _ = digest;
        let __stampede_begun;
        {
            __stampede_begun = __stampede_digest::digest::__cache()
                .begin(
                    &::stampede::__private::One(path),
                    ::stampede::__private::Refresher::Nobody,
                );
        }
        match __stampede_begun {
            ::core::result::Result::Ok(__stampede_output) => {
                (__stampede_output, ::stampede::__private::Served::Fresh)
            }
            ::core::result::Result::Err(__stampede_miss) => {
                __stampede_miss
                    .blocking_with_info(move || -> io::Result<u64> {
                        <__stampede_digest::digest>::_digest(path)
                    })
            }
        }
    }
    pub fn refresh(path: &Path) -> io::Result<u64> {
        #[allow(deprecated)]
        let _ = digest;
        let __stampede_miss;
        {
            __stampede_miss = __stampede_digest::digest::__cache()
                .begin_fresh(&::stampede::__private::One(path));
        }
        __stampede_miss
            .blocking(move || -> io::Result<u64> {
                <__stampede_digest::digest>::_digest(path)
            })
    }
    pub fn uncached(path: &Path) -> io::Result<u64> {
        #[allow(deprecated)]
        let _ = digest;
        <__stampede_digest::digest>::_digest(path)
    }
    pub fn clear() {
        __stampede_digest::digest::__cache().clear();
    }
    pub fn stats() -> ::stampede::__private::Stats {
        __stampede_digest::digest::__cache().stats()
    }
}
impl __stampede_digest::digest {
    #[allow(clippy::unused_async)]
    fn _digest(path: &Path) -> io::Result<u64> {
        sum(path)
    }
}
impl ::stampede::__private::Judged for __stampede_digest::digest {
    type Verdict = ::stampede::__private::Verdict<
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{Otherwise as _, Plain as _};
            ::stampede::__private::Probe::<Path>::KEY
                && ::stampede::__private::Probe::<io::Result<u64>>::OUTPUT
                && <__stampede_digest::digest>::__SHARING.is_some()
        },
    >;
}
const _: () = {
    #[allow(unused_imports)]
    use ::stampede::__private::{Otherwise as _, Plain as _, Unshared as _};
    if !(::stampede::__private::Probe::<Path>::KEY) {
        ::stampede::__private::reject(
            "`Path` can't be a part of the key: it",
            &[
                ("Hash", ::stampede::__private::Probe::<Path>::HASH),
                ("Eq", ::stampede::__private::Probe::<Path>::EQ),
                ("Clone", ::stampede::__private::Probe::<Path>::CLONE),
                ("Send", ::stampede::__private::Probe::<Path>::SEND),
                ("Sync", ::stampede::__private::Probe::<Path>::SYNC),
            ],
            "leave the argument out with `skip(path)`, or say with `key = …` what identifies a call",
        )
    }
};
const _: () = {
    #[allow(unused_imports)]
    use ::stampede::__private::{Otherwise as _, Plain as _, Unshared as _};
    if !::stampede::__private::Probe::<io::Result<u64>>::OUTPUT {
        ::stampede::__private::reject(
            "`io::Result<u64>` can't be kept for other callers: it",
            &[
                ("Send", ::stampede::__private::Probe::<io::Result<u64>>::SEND),
                ("Sync", ::stampede::__private::Probe::<io::Result<u64>>::SYNC),
            ],
            "return what all threads can read, as an `Arc` for an `Rc` or a `Mutex` for a `RefCell`",
        )
    } else if <digest_in_an_impl_needs_companion_none::digest>::__SHARING.is_none() {
        if ::stampede::__private::Outputs::<io::Result<u64>>::CLONE_VALUE {
            ::stampede::__private::reject(
                "`io::Result<u64>` can't be shared by the callers of a load: its error",
                &[
                    ("Clone", false),
                    (
                        "From<stampede::SharedError>",
                        ::stampede::__private::Outputs::<io::Result<u64>>::FROM_SHARED,
                    ),
                    (
                        "std::error::Error",
                        !::stampede::__private::Outputs::<io::Result<u64>>::FROM_SHARED,
                    ),
                ],
                "derive `Clone` for it, or give it a variant `#[from] stampede::SharedError`",
            )
        } else {
            ::stampede::__private::reject(
                "`io::Result<u64>` can't be shared by the callers of a load: it",
                &[("Clone", ::stampede::__private::Probe::<io::Result<u64>>::CLONE)],
                "derive it, or return the value in an `Arc`",
            )
        }
    }
};
