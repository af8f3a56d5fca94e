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
    async fn page(&self, id: u64) -> Page {
        let __stampede_begun;
        {
            __stampede_begun = {
                #[allow(unused_imports)]
                use ::stampede::__private::{BackedCall as _, UnbackedCall as _};
                (&&{
                    let __stampede_cache = &(self.pages);
                    ::stampede::bounds::ask_cache::<u64, Page, _>(__stampede_cache);
                    ::stampede::__private::Backed::<
                        _,
                        ::stampede::__private::Verdict<true>,
                        u64,
                        Page,
                    >::new(__stampede_cache)
                })
                    .begin(
                        &::stampede::__private::One(&id),
                        ::stampede::__private::Refresher::Nobody,
                    )
            };
        }
        match __stampede_begun {
            ::core::result::Result::Ok(__stampede_output) => __stampede_output,
            ::core::result::Result::Err(__stampede_miss) => {
                __stampede_miss
                    .in_place(move || async move {
                        let id = id;
                        #[allow(unreachable_code)]
                        if let ::core::option::Option::Some(__stampede_output) = ::core::option::Option::None::<
                            Page,
                        > {
                            return __stampede_output;
                        }
                        { self.client.get(id).await }
                    })
                    .await
            }
        }
    }
}
