#[cfg_attr(
    doc,
    doc = "\n\nMemoized by `#[stampede]`: `fetch::<…>::invalidate`, `fetch::<…>::refresh`, `fetch::<…>::uncached`, `fetch::<…>::peek`, `fetch::<…>::insert`, `fetch::<…>::call_with_info`, `fetch::<…>::clear`, `fetch::<…>::stats` and `fetch::<…>::cache` work on its cache. `fetch::clear_all` and `fetch::stats_all` work on those of all instantiations together."
)]
#[allow(
    clippy::fn_params_excessive_bools,
    clippy::multiple_bound_locations,
    clippy::too_many_arguments,
    clippy::type_complexity,
    clippy::used_underscore_binding
)]
async fn fetch<T: DeserializeOwned + Clone + Send + Sync + 'static>(
    client: &(impl Client + 'static),
    url: &str,
) -> Result<T, Error> {
    <fetch_in_an_impl_needs_companion_none::fetch<T>>::__call(client, url).await
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
mod __stampede_fetch {
    pub struct fetch<T: ?::core::marker::Sized> {
        never: ::core::convert::Infallible,
        of: ::core::marker::PhantomData<fn() -> (::core::marker::PhantomData<T>,)>,
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
use __stampede_fetch as fetch_in_an_impl_needs_companion_none;
#[doc(hidden)]
#[allow(
    unused_imports,
    unreachable_pub,
    non_camel_case_types,
    non_snake_case,
    clippy::all,
    clippy::pedantic
)]
use __stampede_fetch::fetch;
#[doc(hidden)]
#[allow(
    unused_imports,
    unreachable_pub,
    non_camel_case_types,
    non_snake_case,
    clippy::all,
    clippy::pedantic
)]
impl __stampede_fetch::fetch<::stampede::__private::Every> {
    fn __slot() -> &'static ::stampede::__private::Slot {
        static __STAMPEDE_SLOT: ::stampede::__private::Slot = ::stampede::__private::Slot::new();
        &__STAMPEDE_SLOT
    }
    pub fn clear_all() {
        Self::__slot().clear();
    }
    pub fn stats_all() -> ::stampede::__private::Stats {
        Self::__slot().stats()
    }
    pub fn invalidate_all(url: &str) -> bool {
        Self::__slot()
            .invalidate::<
                ::std::string::String,
            >(
                &{
                    #[allow(unused_imports)]
                    use ::stampede::__private::{Open as _, Shut as _};
                    (&&::stampede::__private::Gate::<
                        ::stampede::__private::Verdict<true>,
                        ::std::string::String,
                        (),
                    >::NEW)
                        .key_of(&::stampede::__private::One(url))
                },
            )
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
impl<T: DeserializeOwned + Clone + Send + Sync + 'static> __stampede_fetch::fetch<T> {
    pub fn cache() -> &'static ::stampede::__private::FnCache<
        ::std::string::String,
        Result<T, Error>,
    > {
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{
                Open as _, Plain as _, Shut as _, Unprinted as _,
            };
            (&&::stampede::__private::Gate::<
                ::stampede::__private::Verdict<true>,
                ::std::string::String,
                Result<T, Error>,
            >::NEW)
                .open(
                    (
                        <__stampede_fetch::fetch<
                            ::stampede::__private::Every,
                        >>::__slot(),
                        ::stampede::__private::id_of::<Self>(),
                    ),
                    || (
                        ::stampede::__private::Blueprint::<
                            ::std::string::String,
                            Result<T, Error>,
                        > {
                            name: ::std::borrow::Cow::Owned(
                                ::stampede::__private::instance_name(
                                    ::core::concat!(::core::module_path!(), "::", "fetch"),
                                    &[::core::any::type_name::<T>()],
                                ),
                            ),
                            settings: ::stampede::__private::Settings {
                                ttl: ::core::time::Duration::new(5u64, 0u32),
                                ..::stampede::__private::Settings::NEW
                            },
                            sharing: {
                                #[allow(unused_imports)]
                                use ::stampede::__private::Unshared as _;
                                ::stampede::__private::first([
                                    ::stampede::__private::Outputs::<Result<T, Error>>::CLONED,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::WRAPPED_ERROR,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::HELD_ERROR,
                                ])
                            },
                            kind: ::stampede::__private::kind_of([
                                ::stampede::__private::Outputs::<
                                    Result<T, Error>,
                                >::RESULT_OF_OPTION,
                                ::stampede::__private::Outputs::<Result<T, Error>>::RESULT,
                                ::stampede::__private::Outputs::<Result<T, Error>>::OPTION,
                            ]),
                            describe: ::stampede::__private::Outputs::<
                                Result<T, Error>,
                            >::DESCRIBE,
                            ttl_from: ::core::option::Option::None,
                            timed_out: ::core::option::Option::None,
                            capacity: ::core::option::Option::Some(
                                ::stampede::__private::DEFAULT_CAPACITY,
                            ),
                            print_key: ::stampede::__private::Keys::<
                                ::std::string::String,
                            >::PRINT,
                        },
                        ::stampede::__private::Attached::none(),
                    ),
                )
        }
            .reveal()
    }
    #[inline]
    fn __call<ImplTrait0: Client + 'static>(
        client: &ImplTrait0,
        url: &str,
    ) -> impl ::core::future::Future<Output = Result<T, Error>> + ::core::marker::Send {
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{Open as _, Shut as _};
            (&&::stampede::__private::Gate::<
                (
                    ::stampede::__private::Reference<ImplTrait0>,
                    ::stampede::__private::Verdict<true>,
                ),
                ::std::string::String,
                Result<T, Error>,
            >::NEW)
                .run(async move {
                    {
                        #[allow(unused_imports)]
                        use ::stampede::bounds::{
                            AskCloned as _, AskHeld as _, AskKept as _, AskUnkept as _,
                            AskUnowned as _, AskUnshared as _, AskWrapped as _,
                            Lacking as _,
                        };
                        ::stampede::bounds::Ask::<ImplTrait0>::task_reference();
                        (&&&&::stampede::bounds::Ask::<Result<T, Error>>::NEW).output();
                    }
                    let __stampede_begun;
                    {
                        __stampede_begun = {
                            #[allow(unused_imports)]
                            use ::stampede::__private::{
                                Open as _, Plain as _, Shut as _, Unprinted as _,
                            };
                            (&&::stampede::__private::Gate::<
                                (
                                    ::stampede::__private::Reference<ImplTrait0>,
                                    ::stampede::__private::Verdict<true>,
                                ),
                                ::std::string::String,
                                Result<T, Error>,
                            >::NEW)
                                .open(
                                    (
                                        <__stampede_fetch::fetch<
                                            ::stampede::__private::Every,
                                        >>::__slot(),
                                        ::stampede::__private::id_of::<Self>(),
                                    ),
                                    || (
                                        ::stampede::__private::Blueprint::<
                                            ::std::string::String,
                                            Result<T, Error>,
                                        > {
                                            name: ::std::borrow::Cow::Owned(
                                                ::stampede::__private::instance_name(
                                                    ::core::concat!(::core::module_path!(), "::", "fetch"),
                                                    &[::core::any::type_name::<T>()],
                                                ),
                                            ),
                                            settings: ::stampede::__private::Settings {
                                                ttl: ::core::time::Duration::new(5u64, 0u32),
                                                ..::stampede::__private::Settings::NEW
                                            },
                                            sharing: {
                                                #[allow(unused_imports)]
                                                use ::stampede::__private::Unshared as _;
                                                ::stampede::__private::first([
                                                    ::stampede::__private::Outputs::<Result<T, Error>>::CLONED,
                                                    ::stampede::__private::Outputs::<
                                                        Result<T, Error>,
                                                    >::WRAPPED_ERROR,
                                                    ::stampede::__private::Outputs::<
                                                        Result<T, Error>,
                                                    >::HELD_ERROR,
                                                ])
                                            },
                                            kind: ::stampede::__private::kind_of([
                                                ::stampede::__private::Outputs::<
                                                    Result<T, Error>,
                                                >::RESULT_OF_OPTION,
                                                ::stampede::__private::Outputs::<Result<T, Error>>::RESULT,
                                                ::stampede::__private::Outputs::<Result<T, Error>>::OPTION,
                                            ]),
                                            describe: ::stampede::__private::Outputs::<
                                                Result<T, Error>,
                                            >::DESCRIBE,
                                            ttl_from: ::core::option::Option::None,
                                            timed_out: ::core::option::Option::None,
                                            capacity: ::core::option::Option::Some(
                                                ::stampede::__private::DEFAULT_CAPACITY,
                                            ),
                                            print_key: ::stampede::__private::Keys::<
                                                ::std::string::String,
                                            >::PRINT,
                                        },
                                        ::stampede::__private::Attached::none(),
                                    ),
                                )
                        }
                            .begin(
                                &::stampede::__private::One(
                                    ::stampede::__private::Lent::new(url).part(),
                                ),
                                ::stampede::__private::Refresher::Runtime,
                            );
                    }
                    match __stampede_begun {
                        ::core::result::Result::Ok(__stampede_output) => {
                            __stampede_output
                        }
                        ::core::result::Result::Err(__stampede_miss) => {
                            __stampede_miss
                                .detached(move || {
                                    let client = {
                                        #[allow(unused_imports)]
                                        use ::stampede::__private::Unowned as _;
                                        ::stampede::__private::Owner::<ImplTrait0>::own
                                    }(client);
                                    let url = {
                                        #[allow(unused_imports)]
                                        use ::stampede::__private::Unowned as _;
                                        ::stampede::__private::Owner::<str>::own
                                    }(url);
                                    ::std::boxed::Box::pin(async move {
                                        <__stampede_fetch::fetch<
                                            T,
                                        >>::_fetch(
                                                {
                                                    #[allow(unused_imports)]
                                                    use ::stampede::__private::Unowned as _;
                                                    ::stampede::__private::Owner::<ImplTrait0>::lend
                                                }(&client),
                                                {
                                                    #[allow(unused_imports)]
                                                    use ::stampede::__private::Unowned as _;
                                                    ::stampede::__private::Owner::<str>::lend
                                                }(&url),
                                            )
                                            .await
                                    })
                                })
                                .await
                        }
                    }
                })
        }
    }
    pub fn invalidate(url: &str) -> bool {
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{
                Open as _, Plain as _, Shut as _, Unprinted as _,
            };
            (&&::stampede::__private::Gate::<
                ::stampede::__private::Verdict<true>,
                ::std::string::String,
                Result<T, Error>,
            >::NEW)
                .open(
                    (
                        <__stampede_fetch::fetch<
                            ::stampede::__private::Every,
                        >>::__slot(),
                        ::stampede::__private::id_of::<Self>(),
                    ),
                    || (
                        ::stampede::__private::Blueprint::<
                            ::std::string::String,
                            Result<T, Error>,
                        > {
                            name: ::std::borrow::Cow::Owned(
                                ::stampede::__private::instance_name(
                                    ::core::concat!(::core::module_path!(), "::", "fetch"),
                                    &[::core::any::type_name::<T>()],
                                ),
                            ),
                            settings: ::stampede::__private::Settings {
                                ttl: ::core::time::Duration::new(5u64, 0u32),
                                ..::stampede::__private::Settings::NEW
                            },
                            sharing: {
                                #[allow(unused_imports)]
                                use ::stampede::__private::Unshared as _;
                                ::stampede::__private::first([
                                    ::stampede::__private::Outputs::<Result<T, Error>>::CLONED,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::WRAPPED_ERROR,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::HELD_ERROR,
                                ])
                            },
                            kind: ::stampede::__private::kind_of([
                                ::stampede::__private::Outputs::<
                                    Result<T, Error>,
                                >::RESULT_OF_OPTION,
                                ::stampede::__private::Outputs::<Result<T, Error>>::RESULT,
                                ::stampede::__private::Outputs::<Result<T, Error>>::OPTION,
                            ]),
                            describe: ::stampede::__private::Outputs::<
                                Result<T, Error>,
                            >::DESCRIBE,
                            ttl_from: ::core::option::Option::None,
                            timed_out: ::core::option::Option::None,
                            capacity: ::core::option::Option::Some(
                                ::stampede::__private::DEFAULT_CAPACITY,
                            ),
                            print_key: ::stampede::__private::Keys::<
                                ::std::string::String,
                            >::PRINT,
                        },
                        ::stampede::__private::Attached::none(),
                    ),
                )
        }
            .invalidate(&::stampede::__private::One(url))
    }
    pub fn peek(url: &str) -> ::core::option::Option<Result<T, Error>> {
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{
                Open as _, Plain as _, Shut as _, Unprinted as _,
            };
            (&&::stampede::__private::Gate::<
                ::stampede::__private::Verdict<true>,
                ::std::string::String,
                Result<T, Error>,
            >::NEW)
                .open(
                    (
                        <__stampede_fetch::fetch<
                            ::stampede::__private::Every,
                        >>::__slot(),
                        ::stampede::__private::id_of::<Self>(),
                    ),
                    || (
                        ::stampede::__private::Blueprint::<
                            ::std::string::String,
                            Result<T, Error>,
                        > {
                            name: ::std::borrow::Cow::Owned(
                                ::stampede::__private::instance_name(
                                    ::core::concat!(::core::module_path!(), "::", "fetch"),
                                    &[::core::any::type_name::<T>()],
                                ),
                            ),
                            settings: ::stampede::__private::Settings {
                                ttl: ::core::time::Duration::new(5u64, 0u32),
                                ..::stampede::__private::Settings::NEW
                            },
                            sharing: {
                                #[allow(unused_imports)]
                                use ::stampede::__private::Unshared as _;
                                ::stampede::__private::first([
                                    ::stampede::__private::Outputs::<Result<T, Error>>::CLONED,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::WRAPPED_ERROR,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::HELD_ERROR,
                                ])
                            },
                            kind: ::stampede::__private::kind_of([
                                ::stampede::__private::Outputs::<
                                    Result<T, Error>,
                                >::RESULT_OF_OPTION,
                                ::stampede::__private::Outputs::<Result<T, Error>>::RESULT,
                                ::stampede::__private::Outputs::<Result<T, Error>>::OPTION,
                            ]),
                            describe: ::stampede::__private::Outputs::<
                                Result<T, Error>,
                            >::DESCRIBE,
                            ttl_from: ::core::option::Option::None,
                            timed_out: ::core::option::Option::None,
                            capacity: ::core::option::Option::Some(
                                ::stampede::__private::DEFAULT_CAPACITY,
                            ),
                            print_key: ::stampede::__private::Keys::<
                                ::std::string::String,
                            >::PRINT,
                        },
                        ::stampede::__private::Attached::none(),
                    ),
                )
        }
            .peek(&::stampede::__private::One(url))
    }
    pub fn insert<ImplTrait0: Client + 'static>(
        url: &str,
        __stampede_output: impl ::stampede::__private::IntoOutput<Result<T, Error>>,
    ) {
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{
                Open as _, Plain as _, Shut as _, Unprinted as _,
            };
            (&&::stampede::__private::Gate::<
                ::stampede::__private::Verdict<true>,
                ::std::string::String,
                Result<T, Error>,
            >::NEW)
                .open(
                    (
                        <__stampede_fetch::fetch<
                            ::stampede::__private::Every,
                        >>::__slot(),
                        ::stampede::__private::id_of::<Self>(),
                    ),
                    || (
                        ::stampede::__private::Blueprint::<
                            ::std::string::String,
                            Result<T, Error>,
                        > {
                            name: ::std::borrow::Cow::Owned(
                                ::stampede::__private::instance_name(
                                    ::core::concat!(::core::module_path!(), "::", "fetch"),
                                    &[::core::any::type_name::<T>()],
                                ),
                            ),
                            settings: ::stampede::__private::Settings {
                                ttl: ::core::time::Duration::new(5u64, 0u32),
                                ..::stampede::__private::Settings::NEW
                            },
                            sharing: {
                                #[allow(unused_imports)]
                                use ::stampede::__private::Unshared as _;
                                ::stampede::__private::first([
                                    ::stampede::__private::Outputs::<Result<T, Error>>::CLONED,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::WRAPPED_ERROR,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::HELD_ERROR,
                                ])
                            },
                            kind: ::stampede::__private::kind_of([
                                ::stampede::__private::Outputs::<
                                    Result<T, Error>,
                                >::RESULT_OF_OPTION,
                                ::stampede::__private::Outputs::<Result<T, Error>>::RESULT,
                                ::stampede::__private::Outputs::<Result<T, Error>>::OPTION,
                            ]),
                            describe: ::stampede::__private::Outputs::<
                                Result<T, Error>,
                            >::DESCRIBE,
                            ttl_from: ::core::option::Option::None,
                            timed_out: ::core::option::Option::None,
                            capacity: ::core::option::Option::Some(
                                ::stampede::__private::DEFAULT_CAPACITY,
                            ),
                            print_key: ::stampede::__private::Keys::<
                                ::std::string::String,
                            >::PRINT,
                        },
                        ::stampede::__private::Attached::none(),
                    ),
                )
        }
            .put(&::stampede::__private::One(url), __stampede_output);
    }
    pub fn call_with_info<ImplTrait0: Client + 'static>(
        client: &ImplTrait0,
        url: &str,
    ) -> impl ::core::future::Future<
        Output = (Result<T, Error>, ::stampede::__private::Served),
    > + ::core::marker::Send {
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{Open as _, Shut as _};
            (&&::stampede::__private::Gate::<
                (
                    ::stampede::__private::Reference<ImplTrait0>,
                    ::stampede::__private::Verdict<true>,
                ),
                ::std::string::String,
                (Result<T, Error>, ::stampede::__private::Served),
            >::NEW)
                .run(async move {
                    let __stampede_begun;
                    {
                        __stampede_begun = {
                            #[allow(unused_imports)]
                            use ::stampede::__private::{
                                Open as _, Plain as _, Shut as _, Unprinted as _,
                            };
                            (&&::stampede::__private::Gate::<
                                (
                                    ::stampede::__private::Reference<ImplTrait0>,
                                    ::stampede::__private::Verdict<true>,
                                ),
                                ::std::string::String,
                                Result<T, Error>,
                            >::NEW)
                                .open(
                                    (
                                        <__stampede_fetch::fetch<
                                            ::stampede::__private::Every,
                                        >>::__slot(),
                                        ::stampede::__private::id_of::<Self>(),
                                    ),
                                    || (
                                        ::stampede::__private::Blueprint::<
                                            ::std::string::String,
                                            Result<T, Error>,
                                        > {
                                            name: ::std::borrow::Cow::Owned(
                                                ::stampede::__private::instance_name(
                                                    ::core::concat!(::core::module_path!(), "::", "fetch"),
                                                    &[::core::any::type_name::<T>()],
                                                ),
                                            ),
                                            settings: ::stampede::__private::Settings {
                                                ttl: ::core::time::Duration::new(5u64, 0u32),
                                                ..::stampede::__private::Settings::NEW
                                            },
                                            sharing: {
                                                #[allow(unused_imports)]
                                                use ::stampede::__private::Unshared as _;
                                                ::stampede::__private::first([
                                                    ::stampede::__private::Outputs::<Result<T, Error>>::CLONED,
                                                    ::stampede::__private::Outputs::<
                                                        Result<T, Error>,
                                                    >::WRAPPED_ERROR,
                                                    ::stampede::__private::Outputs::<
                                                        Result<T, Error>,
                                                    >::HELD_ERROR,
                                                ])
                                            },
                                            kind: ::stampede::__private::kind_of([
                                                ::stampede::__private::Outputs::<
                                                    Result<T, Error>,
                                                >::RESULT_OF_OPTION,
                                                ::stampede::__private::Outputs::<Result<T, Error>>::RESULT,
                                                ::stampede::__private::Outputs::<Result<T, Error>>::OPTION,
                                            ]),
                                            describe: ::stampede::__private::Outputs::<
                                                Result<T, Error>,
                                            >::DESCRIBE,
                                            ttl_from: ::core::option::Option::None,
                                            timed_out: ::core::option::Option::None,
                                            capacity: ::core::option::Option::Some(
                                                ::stampede::__private::DEFAULT_CAPACITY,
                                            ),
                                            print_key: ::stampede::__private::Keys::<
                                                ::std::string::String,
                                            >::PRINT,
                                        },
                                        ::stampede::__private::Attached::none(),
                                    ),
                                )
                        }
                            .begin(
                                &::stampede::__private::One(
                                    ::stampede::__private::Lent::new(url).part(),
                                ),
                                ::stampede::__private::Refresher::Runtime,
                            );
                    }
                    match __stampede_begun {
                        ::core::result::Result::Ok(__stampede_output) => {
                            (__stampede_output, ::stampede::__private::Served::Fresh)
                        }
                        ::core::result::Result::Err(__stampede_miss) => {
                            __stampede_miss
                                .detached_with_info(move || {
                                    let client = {
                                        #[allow(unused_imports)]
                                        use ::stampede::__private::Unowned as _;
                                        ::stampede::__private::Owner::<ImplTrait0>::own
                                    }(client);
                                    let url = {
                                        #[allow(unused_imports)]
                                        use ::stampede::__private::Unowned as _;
                                        ::stampede::__private::Owner::<str>::own
                                    }(url);
                                    ::std::boxed::Box::pin(async move {
                                        <__stampede_fetch::fetch<
                                            T,
                                        >>::_fetch(
                                                {
                                                    #[allow(unused_imports)]
                                                    use ::stampede::__private::Unowned as _;
                                                    ::stampede::__private::Owner::<ImplTrait0>::lend
                                                }(&client),
                                                {
                                                    #[allow(unused_imports)]
                                                    use ::stampede::__private::Unowned as _;
                                                    ::stampede::__private::Owner::<str>::lend
                                                }(&url),
                                            )
                                            .await
                                    })
                                })
                                .await
                        }
                    }
                })
        }
    }
    pub fn refresh<ImplTrait0: Client + 'static>(
        client: &ImplTrait0,
        url: &str,
    ) -> impl ::core::future::Future<Output = Result<T, Error>> + ::core::marker::Send {
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{Open as _, Shut as _};
            (&&::stampede::__private::Gate::<
                (
                    ::stampede::__private::Reference<ImplTrait0>,
                    ::stampede::__private::Verdict<true>,
                ),
                ::std::string::String,
                Result<T, Error>,
            >::NEW)
                .run(async move {
                    let __stampede_miss;
                    {
                        __stampede_miss = {
                            #[allow(unused_imports)]
                            use ::stampede::__private::{
                                Open as _, Plain as _, Shut as _, Unprinted as _,
                            };
                            (&&::stampede::__private::Gate::<
                                (
                                    ::stampede::__private::Reference<ImplTrait0>,
                                    ::stampede::__private::Verdict<true>,
                                ),
                                ::std::string::String,
                                Result<T, Error>,
                            >::NEW)
                                .open(
                                    (
                                        <__stampede_fetch::fetch<
                                            ::stampede::__private::Every,
                                        >>::__slot(),
                                        ::stampede::__private::id_of::<Self>(),
                                    ),
                                    || (
                                        ::stampede::__private::Blueprint::<
                                            ::std::string::String,
                                            Result<T, Error>,
                                        > {
                                            name: ::std::borrow::Cow::Owned(
                                                ::stampede::__private::instance_name(
                                                    ::core::concat!(::core::module_path!(), "::", "fetch"),
                                                    &[::core::any::type_name::<T>()],
                                                ),
                                            ),
                                            settings: ::stampede::__private::Settings {
                                                ttl: ::core::time::Duration::new(5u64, 0u32),
                                                ..::stampede::__private::Settings::NEW
                                            },
                                            sharing: {
                                                #[allow(unused_imports)]
                                                use ::stampede::__private::Unshared as _;
                                                ::stampede::__private::first([
                                                    ::stampede::__private::Outputs::<Result<T, Error>>::CLONED,
                                                    ::stampede::__private::Outputs::<
                                                        Result<T, Error>,
                                                    >::WRAPPED_ERROR,
                                                    ::stampede::__private::Outputs::<
                                                        Result<T, Error>,
                                                    >::HELD_ERROR,
                                                ])
                                            },
                                            kind: ::stampede::__private::kind_of([
                                                ::stampede::__private::Outputs::<
                                                    Result<T, Error>,
                                                >::RESULT_OF_OPTION,
                                                ::stampede::__private::Outputs::<Result<T, Error>>::RESULT,
                                                ::stampede::__private::Outputs::<Result<T, Error>>::OPTION,
                                            ]),
                                            describe: ::stampede::__private::Outputs::<
                                                Result<T, Error>,
                                            >::DESCRIBE,
                                            ttl_from: ::core::option::Option::None,
                                            timed_out: ::core::option::Option::None,
                                            capacity: ::core::option::Option::Some(
                                                ::stampede::__private::DEFAULT_CAPACITY,
                                            ),
                                            print_key: ::stampede::__private::Keys::<
                                                ::std::string::String,
                                            >::PRINT,
                                        },
                                        ::stampede::__private::Attached::none(),
                                    ),
                                )
                        }
                            .begin_fresh(
                                &::stampede::__private::One(
                                    ::stampede::__private::Lent::new(url).part(),
                                ),
                            );
                    }
                    __stampede_miss
                        .detached(move || {
                            let client = {
                                #[allow(unused_imports)]
                                use ::stampede::__private::Unowned as _;
                                ::stampede::__private::Owner::<ImplTrait0>::own
                            }(client);
                            let url = {
                                #[allow(unused_imports)]
                                use ::stampede::__private::Unowned as _;
                                ::stampede::__private::Owner::<str>::own
                            }(url);
                            ::std::boxed::Box::pin(async move {
                                <__stampede_fetch::fetch<
                                    T,
                                >>::_fetch(
                                        {
                                            #[allow(unused_imports)]
                                            use ::stampede::__private::Unowned as _;
                                            ::stampede::__private::Owner::<ImplTrait0>::lend
                                        }(&client),
                                        {
                                            #[allow(unused_imports)]
                                            use ::stampede::__private::Unowned as _;
                                            ::stampede::__private::Owner::<str>::lend
                                        }(&url),
                                    )
                                    .await
                            })
                        })
                        .await
                })
        }
    }
    pub async fn uncached<ImplTrait0: Client + 'static>(
        client: &ImplTrait0,
        url: &str,
    ) -> Result<T, Error> {
        <__stampede_fetch::fetch<T>>::_fetch(client, url).await
    }
    pub fn clear() {
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{
                Open as _, Plain as _, Shut as _, Unprinted as _,
            };
            (&&::stampede::__private::Gate::<
                ::stampede::__private::Verdict<true>,
                ::std::string::String,
                Result<T, Error>,
            >::NEW)
                .open(
                    (
                        <__stampede_fetch::fetch<
                            ::stampede::__private::Every,
                        >>::__slot(),
                        ::stampede::__private::id_of::<Self>(),
                    ),
                    || (
                        ::stampede::__private::Blueprint::<
                            ::std::string::String,
                            Result<T, Error>,
                        > {
                            name: ::std::borrow::Cow::Owned(
                                ::stampede::__private::instance_name(
                                    ::core::concat!(::core::module_path!(), "::", "fetch"),
                                    &[::core::any::type_name::<T>()],
                                ),
                            ),
                            settings: ::stampede::__private::Settings {
                                ttl: ::core::time::Duration::new(5u64, 0u32),
                                ..::stampede::__private::Settings::NEW
                            },
                            sharing: {
                                #[allow(unused_imports)]
                                use ::stampede::__private::Unshared as _;
                                ::stampede::__private::first([
                                    ::stampede::__private::Outputs::<Result<T, Error>>::CLONED,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::WRAPPED_ERROR,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::HELD_ERROR,
                                ])
                            },
                            kind: ::stampede::__private::kind_of([
                                ::stampede::__private::Outputs::<
                                    Result<T, Error>,
                                >::RESULT_OF_OPTION,
                                ::stampede::__private::Outputs::<Result<T, Error>>::RESULT,
                                ::stampede::__private::Outputs::<Result<T, Error>>::OPTION,
                            ]),
                            describe: ::stampede::__private::Outputs::<
                                Result<T, Error>,
                            >::DESCRIBE,
                            ttl_from: ::core::option::Option::None,
                            timed_out: ::core::option::Option::None,
                            capacity: ::core::option::Option::Some(
                                ::stampede::__private::DEFAULT_CAPACITY,
                            ),
                            print_key: ::stampede::__private::Keys::<
                                ::std::string::String,
                            >::PRINT,
                        },
                        ::stampede::__private::Attached::none(),
                    ),
                )
        }
            .clear();
    }
    pub fn stats() -> ::stampede::__private::Stats {
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{
                Open as _, Plain as _, Shut as _, Unprinted as _,
            };
            (&&::stampede::__private::Gate::<
                ::stampede::__private::Verdict<true>,
                ::std::string::String,
                Result<T, Error>,
            >::NEW)
                .open(
                    (
                        <__stampede_fetch::fetch<
                            ::stampede::__private::Every,
                        >>::__slot(),
                        ::stampede::__private::id_of::<Self>(),
                    ),
                    || (
                        ::stampede::__private::Blueprint::<
                            ::std::string::String,
                            Result<T, Error>,
                        > {
                            name: ::std::borrow::Cow::Owned(
                                ::stampede::__private::instance_name(
                                    ::core::concat!(::core::module_path!(), "::", "fetch"),
                                    &[::core::any::type_name::<T>()],
                                ),
                            ),
                            settings: ::stampede::__private::Settings {
                                ttl: ::core::time::Duration::new(5u64, 0u32),
                                ..::stampede::__private::Settings::NEW
                            },
                            sharing: {
                                #[allow(unused_imports)]
                                use ::stampede::__private::Unshared as _;
                                ::stampede::__private::first([
                                    ::stampede::__private::Outputs::<Result<T, Error>>::CLONED,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::WRAPPED_ERROR,
                                    ::stampede::__private::Outputs::<
                                        Result<T, Error>,
                                    >::HELD_ERROR,
                                ])
                            },
                            kind: ::stampede::__private::kind_of([
                                ::stampede::__private::Outputs::<
                                    Result<T, Error>,
                                >::RESULT_OF_OPTION,
                                ::stampede::__private::Outputs::<Result<T, Error>>::RESULT,
                                ::stampede::__private::Outputs::<Result<T, Error>>::OPTION,
                            ]),
                            describe: ::stampede::__private::Outputs::<
                                Result<T, Error>,
                            >::DESCRIBE,
                            ttl_from: ::core::option::Option::None,
                            timed_out: ::core::option::Option::None,
                            capacity: ::core::option::Option::Some(
                                ::stampede::__private::DEFAULT_CAPACITY,
                            ),
                            print_key: ::stampede::__private::Keys::<
                                ::std::string::String,
                            >::PRINT,
                        },
                        ::stampede::__private::Attached::none(),
                    ),
                )
        }
            .stats()
    }
}
impl<T: DeserializeOwned + Clone + Send + Sync + 'static> __stampede_fetch::fetch<T> {
    #[allow(clippy::unused_async)]
    async fn _fetch<ImplTrait0: Client + 'static>(
        client: &ImplTrait0,
        url: &str,
    ) -> Result<T, Error> {
        client.get(url).await?.json().await
    }
}
