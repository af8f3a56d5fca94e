impl Site {
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
    fn page<'life0, 'async_trait>(
        &'life0 self,
        id: u64,
    ) -> Pin<Box<dyn Future<Output = u64> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        ::std::boxed::Box::pin({
            #[allow(unused_imports)]
            use ::stampede::__private::{Open as _, Shut as _};
            (&&::stampede::__private::Gate::<
                (
                    ::stampede::__private::Reference<Self>,
                    ::stampede::__private::Verdict<true>,
                ),
                u64,
                u64,
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
                                u64,
                                u64,
                            >::NEW)
                                .open(
                                    {
                                        static __STAMPEDE_SLOT: ::stampede::__private::Slot = ::stampede::__private::Slot::new();
                                        (
                                            &__STAMPEDE_SLOT,
                                            ::stampede::__private::id_of::<
                                                (::core::marker::PhantomData<Self>,),
                                            >(),
                                        )
                                    },
                                    || (
                                        ::stampede::__private::Blueprint::<u64, u64> {
                                            name: ::std::borrow::Cow::Owned(
                                                ::stampede::__private::method_name::<Self>("page"),
                                            ),
                                            settings: ::stampede::__private::Settings {
                                                ..::stampede::__private::Settings::NEW
                                            },
                                            sharing: {
                                                #[allow(unused_imports)]
                                                use ::stampede::__private::Unshared as _;
                                                ::stampede::__private::first([
                                                    ::stampede::__private::Outputs::<u64>::CLONED,
                                                    ::stampede::__private::Outputs::<u64>::WRAPPED_ERROR,
                                                    ::stampede::__private::Outputs::<u64>::HELD_ERROR,
                                                ])
                                            },
                                            kind: ::stampede::__private::kind_of([
                                                ::stampede::__private::Outputs::<u64>::RESULT_OF_OPTION,
                                                ::stampede::__private::Outputs::<u64>::RESULT,
                                                ::stampede::__private::Outputs::<u64>::OPTION,
                                            ]),
                                            describe: ::stampede::__private::Outputs::<u64>::DESCRIBE,
                                            ttl_from: ::core::option::Option::None,
                                            timed_out: ::core::option::Option::None,
                                            capacity: ::core::option::Option::Some(
                                                ::stampede::__private::DEFAULT_CAPACITY,
                                            ),
                                            print_key: ::stampede::__private::Keys::<u64>::PRINT,
                                        },
                                        ::stampede::__private::Attached::none(),
                                    ),
                                )
                        }
                            .begin(
                                &::stampede::__private::One(&id),
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
                                        let id = id;
                                        (move || {
                                            Box::pin(async move {
                                                let __self = __stampede_self;
                                                __self.id + id
                                            })
                                        })()
                                            .await
                                    })
                                })
                                .await
                        }
                    }
                })
        })
    }
}
