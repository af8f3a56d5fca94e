#[cfg_attr(
    doc,
    doc = "\n\nMemoized by `#[stampede]`: `rate::invalidate`, `rate::refresh`, `rate::uncached`, `rate::peek`, `rate::insert`, `rate::call_with_info`, `rate::clear`, `rate::stats` and `rate::cache` work on its cache."
)]
#[allow(
    clippy::fn_params_excessive_bools,
    clippy::multiple_bound_locations,
    clippy::too_many_arguments,
    clippy::type_complexity,
    clippy::used_underscore_binding
)]
async fn rate(from: Currency) -> Result<Rate, ApiError> {
    let __stampede_begun;
    {
        __stampede_begun = rate_in_an_impl_needs_companion_none::rate::__cache()
            .begin(
                &::stampede::__private::One(&from),
                ::stampede::__private::Refresher::Runtime,
            );
    }
    match __stampede_begun {
        ::core::result::Result::Ok(__stampede_output) => __stampede_output,
        ::core::result::Result::Err(__stampede_miss) => {
            __stampede_miss
                .detached(move || rate_in_an_impl_needs_companion_none::rate::__load(
                    from,
                ))
                .await
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
mod __stampede_rate {
    pub enum rate {}
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
use __stampede_rate as rate_in_an_impl_needs_companion_none;
#[doc(hidden)]
#[allow(
    unused_imports,
    unreachable_pub,
    non_camel_case_types,
    non_snake_case,
    clippy::all,
    clippy::pedantic
)]
use __stampede_rate::rate;
#[doc(hidden)]
#[allow(
    unused_imports,
    unreachable_pub,
    non_camel_case_types,
    non_snake_case,
    clippy::all,
    clippy::pedantic
)]
impl __stampede_rate::rate {
    const __SHARING: ::core::option::Option<
        ::stampede::__private::Sharing<Result<Rate, ApiError>>,
    > = {
        #[allow(unused_imports)]
        use ::stampede::__private::Unshared as _;
        ::stampede::__private::first([
            ::stampede::__private::Outputs::<Result<Rate, ApiError>>::CLONED,
            ::stampede::__private::Outputs::<Result<Rate, ApiError>>::WRAPPED_ERROR,
            ::stampede::__private::Outputs::<Result<Rate, ApiError>>::HELD_ERROR,
        ])
    };
    #[inline]
    pub fn cache() -> &'static ::stampede::__private::FnCache<
        Currency,
        Result<Rate, ApiError>,
    > {
        Self::__cache().reveal()
    }
    #[inline]
    fn __cache() -> &'static <<__stampede_rate::rate as ::stampede::__private::Judged>::Verdict as ::stampede::__private::Choose<
        Currency,
        Result<Rate, ApiError>,
    >>::Cache {
        #[allow(unused_imports)]
        use ::stampede::__private::{Plain as _, Unprinted as _};
        static __STAMPEDE_CACHE: ::stampede::__private::Place<
            <<__stampede_rate::rate as ::stampede::__private::Judged>::Verdict as ::stampede::__private::Choose<
                Currency,
                Result<Rate, ApiError>,
            >>::Cache,
            Currency,
            Result<Rate, ApiError>,
        > = ::stampede::__private::Place::new(
            ::stampede::__private::Blueprint::<Currency, Result<Rate, ApiError>> {
                name: ::std::borrow::Cow::Borrowed(
                    ::core::concat!(::core::module_path!(), "::", "rate"),
                ),
                settings: ::stampede::__private::Settings {
                    ttl: ::core::time::Duration::new(5u64, 0u32),
                    ..::stampede::__private::Settings::NEW
                },
                sharing: <__stampede_rate::rate>::__SHARING,
                kind: ::stampede::__private::kind_of([
                    ::stampede::__private::Outputs::<
                        Result<Rate, ApiError>,
                    >::RESULT_OF_OPTION,
                    ::stampede::__private::Outputs::<Result<Rate, ApiError>>::RESULT,
                    ::stampede::__private::Outputs::<Result<Rate, ApiError>>::OPTION,
                ]),
                describe: ::stampede::__private::Outputs::<
                    Result<Rate, ApiError>,
                >::DESCRIBE,
                ttl_from: ::core::option::Option::None,
                timed_out: ::core::option::Option::None,
                capacity: ::core::option::Option::Some(
                    ::stampede::__private::DEFAULT_CAPACITY,
                ),
                print_key: ::stampede::__private::Keys::<Currency>::PRINT,
            },
            || ::stampede::__private::Attached::of(
                ::stampede::bounds::tier(&*REDIS),
                ::stampede::__private::Keys::<Currency>::WRITE,
                ::stampede::__private::first([
                    ::stampede::__private::Outputs::<
                        Result<Rate, ApiError>,
                    >::TIER_RESULTS,
                    ::stampede::__private::Outputs::<
                        Result<Rate, ApiError>,
                    >::TIER_VALUES,
                    ::stampede::__private::Outputs::<Result<Rate, ApiError>>::TIER_WHOLE,
                ]),
                ::stampede::__private::Outputs::<Result<Rate, ApiError>>::NO_TIER,
            ),
        );
        __STAMPEDE_CACHE.get()
    }
    fn __load(
        from: Currency,
    ) -> <<__stampede_rate::rate as ::stampede::__private::Judged>::Verdict as ::stampede::__private::Choose<
        Currency,
        Result<Rate, ApiError>,
    >>::Load {
        ::std::boxed::Box::pin(Self::_rate(from))
    }
    pub fn invalidate(from: &Currency) -> bool {
        __stampede_rate::rate::__cache().invalidate(&::stampede::__private::One(from))
    }
    pub fn peek(from: &Currency) -> ::core::option::Option<Result<Rate, ApiError>> {
        __stampede_rate::rate::__cache().peek(&::stampede::__private::One(from))
    }
    pub fn insert(
        from: Currency,
        __stampede_output: impl ::stampede::__private::IntoOutput<Result<Rate, ApiError>>,
    ) {
        __stampede_rate::rate::__cache()
            .put(&::stampede::__private::One(&from), __stampede_output);
    }
    fn __call(
        __stampede_insists: bool,
        from: Currency,
    ) -> impl ::core::future::Future<
        Output = (Result<Rate, ApiError>, ::stampede::__private::Served),
    > {
        ::stampede::__private::lazily(move || {
            let __stampede_miss;
            {
                __stampede_miss = __stampede_rate::rate::__cache()
                    .begin_with_info(
                        &::stampede::__private::One(&from),
                        ::stampede::__private::Refresher::Runtime,
                        __stampede_insists,
                    );
            }
            __stampede_miss
                .detached_with_info(move || __stampede_rate::rate::__load(from))
        })
    }
    pub fn call_with_info(
        from: Currency,
    ) -> impl ::core::future::Future<
        Output = (Result<Rate, ApiError>, ::stampede::__private::Served),
    > {
        #[allow(deprecated)]
        let _ = rate;
        <__stampede_rate::rate>::__call(false, from)
    }
    pub fn refresh(
        from: Currency,
    ) -> impl ::core::future::Future<Output = Result<Rate, ApiError>> {
        #[allow(deprecated)]
        let _ = rate;
        ::stampede::__private::output_of(<__stampede_rate::rate>::__call(true, from))
    }
    pub fn uncached(
        from: Currency,
    ) -> impl ::core::future::Future<Output = Result<Rate, ApiError>> {
        #[allow(deprecated)]
        let _ = rate;
        <__stampede_rate::rate>::_rate(from)
    }
    pub fn clear() {
        __stampede_rate::rate::__cache().clear();
    }
    pub fn stats() -> ::stampede::__private::Stats {
        __stampede_rate::rate::__cache().stats()
    }
}
impl __stampede_rate::rate {
    #[allow(clippy::unused_async)]
    async fn _rate(from: Currency) -> Result<Rate, ApiError> {
        bank().ask(from).await
    }
}
impl ::stampede::__private::Judged for __stampede_rate::rate {
    type Verdict = ::stampede::__private::Verdict<
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{Otherwise as _, Plain as _};
            ::stampede::__private::Probe::<Currency>::KEY
                && ::stampede::__private::Probe::<Result<Rate, ApiError>>::OUTPUT
                && <__stampede_rate::rate>::__SHARING.is_some()
                && ::stampede::__private::Probe::<Currency>::WRITE
                && (::stampede::__private::Outputs::<Result<Rate, ApiError>>::TIER_VALUES
                    .is_some()
                    || ::stampede::__private::Outputs::<
                        Result<Rate, ApiError>,
                    >::TIER_WHOLE
                        .is_some())
                && ::stampede::__private::Outputs::<Result<Rate, ApiError>>::NO_TIER
                    .is_some()
        },
    >;
}
const _: () = {
    #[allow(unused_imports)]
    use ::stampede::__private::{Otherwise as _, Plain as _, Unshared as _};
    if !(::stampede::__private::Probe::<Currency>::KEY) {
        ::stampede::__private::reject(
            "`Currency` can't be a part of the key: it",
            &[
                ("Hash", ::stampede::__private::Probe::<Currency>::HASH),
                ("Eq", ::stampede::__private::Probe::<Currency>::EQ),
                ("Clone", ::stampede::__private::Probe::<Currency>::CLONE),
                ("Send", ::stampede::__private::Probe::<Currency>::SEND),
                ("Sync", ::stampede::__private::Probe::<Currency>::SYNC),
            ],
            "leave the argument out with `skip(from)`, or say with `key = …` what identifies a call",
        )
    }
};
const _: () = {
    #[allow(unused_imports)]
    use ::stampede::__private::{Otherwise as _, Plain as _, Unshared as _};
    if !::stampede::__private::Probe::<Result<Rate, ApiError>>::OUTPUT {
        ::stampede::__private::reject(
            "`Result<Rate, ApiError>` can't be kept for other callers: it",
            &[
                ("Send", ::stampede::__private::Probe::<Result<Rate, ApiError>>::SEND),
                ("Sync", ::stampede::__private::Probe::<Result<Rate, ApiError>>::SYNC),
            ],
            "return what all threads can read, as an `Arc` for an `Rc` or a `Mutex` for a `RefCell`",
        )
    } else if <rate_in_an_impl_needs_companion_none::rate>::__SHARING.is_none() {
        if ::stampede::__private::Outputs::<Result<Rate, ApiError>>::CLONE_VALUE {
            ::stampede::__private::reject(
                "`ApiError` can't be shared by the callers of a load: it",
                &[
                    ("Clone", false),
                    (
                        "From<stampede::SharedError>",
                        ::stampede::__private::Outputs::<
                            Result<Rate, ApiError>,
                        >::FROM_SHARED,
                    ),
                    (
                        "std::error::Error",
                        !::stampede::__private::Outputs::<
                            Result<Rate, ApiError>,
                        >::FROM_SHARED,
                    ),
                ],
                "derive `Clone` for it, or give it a variant `#[from] stampede::SharedError`",
            )
        } else {
            ::stampede::__private::reject(
                "`Rate` can't be shared by the callers of a load: it",
                &[("Clone", ::stampede::__private::Probe::<Rate>::CLONE)],
                "derive it, or return the value in an `Arc`",
            )
        }
    }
};
const _: () = {
    #[allow(unused_imports)]
    use ::stampede::__private::{Otherwise as _, Plain as _, Unshared as _};
    if !(::stampede::__private::Probe::<Currency>::WRITE) {
        ::stampede::__private::reject(
            "`Currency` can't be a part of the key of a cache with a tier: it",
            &[("serde::Serialize", ::stampede::__private::Probe::<Currency>::WRITE)],
            "derive it, or say with `key = …` what identifies a call",
        )
    }
};
const _: () = {
    #[allow(unused_imports)]
    use ::stampede::__private::{Otherwise as _, Plain as _, Unshared as _};
    if !((::stampede::__private::Outputs::<Result<Rate, ApiError>>::TIER_VALUES.is_some()
        || ::stampede::__private::Outputs::<Result<Rate, ApiError>>::TIER_WHOLE
            .is_some()))
    {
        ::stampede::__private::reject(
            "`Rate` can't be kept in a tier: it",
            &[
                ("serde::Serialize", ::stampede::__private::Probe::<Rate>::WRITE),
                (
                    "serde::de::DeserializeOwned",
                    ::stampede::__private::Probe::<Rate>::READ,
                ),
            ],
            "derive what it lacks, or remove `tier`",
        )
    }
};
const _: () = {
    #[allow(unused_imports)]
    use ::stampede::__private::{Otherwise as _, Plain as _, Unshared as _};
    if !(::stampede::__private::Outputs::<Result<Rate, ApiError>>::NO_TIER.is_some()) {
        if ::stampede::__private::Outputs::<Result<Rate, ApiError>>::RESULT.is_some() {
            ::stampede::__private::reject(
                "`ApiError` can't tell that the tier could not be asked: it",
                &[("From<stampede::tier::TierError>", false)],
                "give the error a variant `#[from] stampede::tier::TierError`, or remove `strict`",
            )
        } else {
            ::stampede::__private::refuse(
                "`strict` makes an error of a tier that can't be asked, and `Result<Rate, ApiError>` is no `Result`; remove `strict`, or return a `Result`",
            )
        }
    }
};
