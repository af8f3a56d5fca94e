impl Site {
    #[cfg_attr(
        doc,
        doc = "\n\nMemoized by `#[stampede]`: `page_cache()` returns its cache."
    )]
    #[allow(
        refining_impl_trait,
        clippy::async_yields_async,
        clippy::fn_params_excessive_bools,
        clippy::items_after_statements,
        clippy::let_unit_value,
        clippy::manual_async_fn,
        clippy::multiple_bound_locations,
        clippy::needless_borrow,
        clippy::no_effect_underscore_binding,
        clippy::redundant_closure_call,
        clippy::redundant_locals,
        clippy::too_many_arguments,
        clippy::too_many_lines,
        clippy::type_complexity,
        clippy::unused_async,
        clippy::used_underscore_binding
    )]
    pub fn page(
        &self,
        __stampede_1: (u64, Lang),
    ) -> impl ::core::future::Future<
        Output = Result<Page, Error>,
    > + ::core::marker::Send {
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{Open as _, Shut as _};
            (&&::stampede::__private::Gate::<
                (
                    ::stampede::__private::Reference<Self>,
                    ::stampede::__private::Verdict<true>,
                ),
                (u64, Lang),
                Result<Page, Error>,
            >::NEW)
                .run(async move {
                    {
                        #[allow(unused_imports)]
                        use ::stampede::bounds::{
                            AskCloned as _, AskHeld as _, AskKept as _, AskUnkept as _,
                            AskUnowned as _, AskUnshared as _, AskWrapped as _,
                            Lacking as _,
                        };
                        ::stampede::bounds::Ask::<Self>::task_self();
                        ::stampede::bounds::Ask::<(u64, Lang)>::key();
                        (&&&&::stampede::bounds::Ask::<Result<Page, Error>>::NEW)
                            .output();
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
                                    ::stampede::__private::Reference<Self>,
                                    ::stampede::__private::Verdict<true>,
                                ),
                                (u64, Lang),
                                Result<Page, Error>,
                            >::NEW)
                                .open(
                                    Self::__stampede_page_cache(),
                                    || (
                                        ::stampede::__private::Blueprint::<
                                            (u64, Lang),
                                            Result<Page, Error>,
                                        > {
                                            name: ::std::borrow::Cow::Owned(
                                                ::stampede::__private::method_name::<Self>("page"),
                                            ),
                                            settings: ::stampede::__private::Settings {
                                                ttl: ::core::time::Duration::new(5u64, 0u32),
                                                ..::stampede::__private::Settings::NEW
                                            },
                                            sharing: {
                                                #[allow(unused_imports)]
                                                use ::stampede::__private::Unshared as _;
                                                ::stampede::__private::first([
                                                    ::stampede::__private::Outputs::<
                                                        Result<Page, Error>,
                                                    >::CLONED,
                                                    ::stampede::__private::Outputs::<
                                                        Result<Page, Error>,
                                                    >::WRAPPED_ERROR,
                                                    ::stampede::__private::Outputs::<
                                                        Result<Page, Error>,
                                                    >::HELD_ERROR,
                                                ])
                                            },
                                            kind: ::stampede::__private::kind_of([
                                                ::stampede::__private::Outputs::<
                                                    Result<Page, Error>,
                                                >::RESULT_OF_OPTION,
                                                ::stampede::__private::Outputs::<
                                                    Result<Page, Error>,
                                                >::RESULT,
                                                ::stampede::__private::Outputs::<
                                                    Result<Page, Error>,
                                                >::OPTION,
                                            ]),
                                            describe: ::stampede::__private::Outputs::<
                                                Result<Page, Error>,
                                            >::DESCRIBE,
                                            ttl_from: ::core::option::Option::None,
                                            timed_out: ::core::option::Option::None,
                                            capacity: ::core::option::Option::Some(
                                                ::stampede::__private::DEFAULT_CAPACITY,
                                            ),
                                            print_key: ::stampede::__private::Keys::<(u64, Lang)>::PRINT,
                                        },
                                        ::stampede::__private::Attached::none(),
                                    ),
                                )
                        }
                            .begin(
                                &::stampede::__private::One(&__stampede_1),
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
                                    let __stampede_own_self = {
                                        #[allow(unused_imports)]
                                        use ::stampede::__private::Unowned as _;
                                        ::stampede::__private::Owner::<Self>::own
                                    }(self);
                                    ::std::boxed::Box::pin(async move {
                                        let __stampede_self = {
                                            #[allow(unused_imports)]
                                            use ::stampede::__private::Unowned as _;
                                            ::stampede::__private::Owner::<Self>::lend
                                        }(&__stampede_own_self);
                                        let (id, lang) = __stampede_1;
                                        #[allow(unreachable_code)]
                                        if let ::core::option::Option::Some(__stampede_output) = ::core::option::Option::None::<
                                            Result<Page, Error>,
                                        > {
                                            return __stampede_output;
                                        }
                                        { __stampede_self.client.get(id, lang).await }
                                    })
                                })
                                .await
                        }
                    }
                })
        }
    }
    ///Returns the cache of [`Self::page`].
    #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
    pub fn page_cache() -> &'static ::stampede::__private::FnCache<
        (u64, Lang),
        Result<Page, Error>,
    > {
        {
            #[allow(unused_imports)]
            use ::stampede::__private::{
                Open as _, Plain as _, Shut as _, Unprinted as _,
            };
            (&&::stampede::__private::Gate::<
                ::stampede::__private::Verdict<true>,
                (u64, Lang),
                Result<Page, Error>,
            >::NEW)
                .open(
                    Self::__stampede_page_cache(),
                    || (
                        ::stampede::__private::Blueprint::<
                            (u64, Lang),
                            Result<Page, Error>,
                        > {
                            name: ::std::borrow::Cow::Owned(
                                ::stampede::__private::method_name::<Self>("page"),
                            ),
                            settings: ::stampede::__private::Settings {
                                ttl: ::core::time::Duration::new(5u64, 0u32),
                                ..::stampede::__private::Settings::NEW
                            },
                            sharing: {
                                #[allow(unused_imports)]
                                use ::stampede::__private::Unshared as _;
                                ::stampede::__private::first([
                                    ::stampede::__private::Outputs::<
                                        Result<Page, Error>,
                                    >::CLONED,
                                    ::stampede::__private::Outputs::<
                                        Result<Page, Error>,
                                    >::WRAPPED_ERROR,
                                    ::stampede::__private::Outputs::<
                                        Result<Page, Error>,
                                    >::HELD_ERROR,
                                ])
                            },
                            kind: ::stampede::__private::kind_of([
                                ::stampede::__private::Outputs::<
                                    Result<Page, Error>,
                                >::RESULT_OF_OPTION,
                                ::stampede::__private::Outputs::<
                                    Result<Page, Error>,
                                >::RESULT,
                                ::stampede::__private::Outputs::<
                                    Result<Page, Error>,
                                >::OPTION,
                            ]),
                            describe: ::stampede::__private::Outputs::<
                                Result<Page, Error>,
                            >::DESCRIBE,
                            ttl_from: ::core::option::Option::None,
                            timed_out: ::core::option::Option::None,
                            capacity: ::core::option::Option::Some(
                                ::stampede::__private::DEFAULT_CAPACITY,
                            ),
                            print_key: ::stampede::__private::Keys::<(u64, Lang)>::PRINT,
                        },
                        ::stampede::__private::Attached::none(),
                    ),
                )
        }
            .reveal()
    }
    #[doc(hidden)]
    #[allow(dead_code, clippy::all, clippy::pedantic)]
    fn __stampede_page_cache() -> (
        &'static ::stampede::__private::Slot,
        ::core::any::TypeId,
    ) {
        {
            static __STAMPEDE_SLOT: ::stampede::__private::Slot = ::stampede::__private::Slot::new();
            (
                &__STAMPEDE_SLOT,
                ::stampede::__private::id_of::<(::core::marker::PhantomData<Self>,)>(),
            )
        }
    }
}
