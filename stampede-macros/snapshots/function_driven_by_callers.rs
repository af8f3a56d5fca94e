#[cfg_attr(
    doc,
    doc = "\n\nMemoized by `#[stampede]`: `page::invalidate`, `page::refresh`, `page::uncached`, `page::peek`, `page::insert`, `page::call_with_info`, `page::clear`, `page::stats` and `page::cache` work on its cache."
)]
#[allow(
    clippy::fn_params_excessive_bools,
    clippy::multiple_bound_locations,
    clippy::too_many_arguments,
    clippy::type_complexity,
    clippy::used_underscore_binding
)]
async fn page(user: &User<'_>) -> String {
    let __stampede_begun;
    {
        let __stampede_0: &u64 = &(user.id);
        __stampede_begun = page_in_an_impl_needs_companion_none::page::__cache()
            .begin(
                &::stampede::__private::One(__stampede_0),
                ::stampede::__private::Refresher::Nobody,
            );
    }
    match __stampede_begun {
        ::core::result::Result::Ok(__stampede_output) => __stampede_output,
        ::core::result::Result::Err(__stampede_miss) => {
            __stampede_miss
                .in_place(move || <page_in_an_impl_needs_companion_none::page>::_page(
                    user,
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
mod __stampede_page {
    pub enum page {}
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
use __stampede_page as page_in_an_impl_needs_companion_none;
#[doc(hidden)]
#[allow(
    unused_imports,
    unreachable_pub,
    non_camel_case_types,
    non_snake_case,
    clippy::all,
    clippy::pedantic
)]
use __stampede_page::page;
#[doc(hidden)]
#[allow(
    unused_imports,
    unreachable_pub,
    non_camel_case_types,
    non_snake_case,
    clippy::all,
    clippy::pedantic
)]
impl __stampede_page::page {
    const __SHARING: ::core::option::Option<::stampede::__private::Sharing<String>> = {
        #[allow(unused_imports)]
        use ::stampede::__private::Unshared as _;
        ::stampede::__private::first([
            ::stampede::__private::Outputs::<String>::CLONED,
            ::stampede::__private::Outputs::<String>::WRAPPED_ERROR,
            ::stampede::__private::Outputs::<String>::HELD_ERROR,
        ])
    };
    #[inline]
    pub fn cache() -> &'static ::stampede::__private::FnCache<u64, String> {
        Self::__cache().reveal()
    }
    #[inline]
    fn __cache() -> &'static <::stampede::__private::Verdict<
        true,
    > as ::stampede::__private::Choose<u64, String>>::Cache {
        #[allow(unused_imports)]
        use ::stampede::__private::{Plain as _, Unprinted as _};
        static __STAMPEDE_CACHE: ::stampede::__private::Place<
            <::stampede::__private::Verdict<
                true,
            > as ::stampede::__private::Choose<u64, String>>::Cache,
            u64,
            String,
        > = ::stampede::__private::Place::new(
            ::stampede::__private::Blueprint::<u64, String> {
                name: ::std::borrow::Cow::Borrowed(
                    ::core::concat!(::core::module_path!(), "::", "page"),
                ),
                settings: ::stampede::__private::Settings {
                    ..::stampede::__private::Settings::NEW
                },
                sharing: <__stampede_page::page>::__SHARING,
                kind: ::stampede::__private::kind_of([
                    ::stampede::__private::Outputs::<String>::RESULT_OF_OPTION,
                    ::stampede::__private::Outputs::<String>::RESULT,
                    ::stampede::__private::Outputs::<String>::OPTION,
                ]),
                describe: ::stampede::__private::Outputs::<String>::DESCRIBE,
                ttl_from: ::core::option::Option::None,
                timed_out: ::core::option::Option::None,
                capacity: ::core::option::Option::Some(
                    ::stampede::__private::DEFAULT_CAPACITY,
                ),
                print_key: ::stampede::__private::Keys::<u64>::PRINT,
            },
            ::stampede::__private::Attached::none,
        );
        __STAMPEDE_CACHE.get()
    }
    pub fn invalidate(__stampede_key: &u64) -> bool {
        __stampede_page::page::__cache().invalidate(__stampede_key)
    }
    pub fn peek(__stampede_key: &u64) -> ::core::option::Option<String> {
        __stampede_page::page::__cache().peek(__stampede_key)
    }
    pub fn insert(
        __stampede_key: u64,
        __stampede_output: impl ::stampede::__private::IntoOutput<String>,
    ) {
        __stampede_page::page::__cache()
            .insert(
                __stampede_key,
                ::stampede::__private::IntoOutput::into_output(__stampede_output),
            );
    }
    fn __call(
        __stampede_insists: bool,
        user: &User<'_>,
    ) -> impl ::core::future::Future<Output = (String, ::stampede::__private::Served)> {
        ::stampede::__private::lazily(move || {
            let __stampede_miss;
            {
                let __stampede_0: &u64 = &(user.id);
                __stampede_miss = __stampede_page::page::__cache()
                    .begin_with_info(
                        &::stampede::__private::One(__stampede_0),
                        ::stampede::__private::Refresher::Nobody,
                        __stampede_insists,
                    );
            }
            __stampede_miss
                .in_place_with_info(move || <__stampede_page::page>::_page(user))
        })
    }
    pub fn call_with_info(
        user: &User<'_>,
    ) -> impl ::core::future::Future<Output = (String, ::stampede::__private::Served)> {
        #[allow(deprecated)]
        let _ = page;
        <__stampede_page::page>::__call(false, user)
    }
    pub fn refresh(user: &User<'_>) -> impl ::core::future::Future<Output = String> {
        #[allow(deprecated)]
        let _ = page;
        ::stampede::__private::output_of(<__stampede_page::page>::__call(true, user))
    }
    pub fn uncached(user: &User<'_>) -> impl ::core::future::Future<Output = String> {
        #[allow(deprecated)]
        let _ = page;
        <__stampede_page::page>::_page(user)
    }
    pub fn clear() {
        __stampede_page::page::__cache().clear();
    }
    pub fn stats() -> ::stampede::__private::Stats {
        __stampede_page::page::__cache().stats()
    }
}
impl __stampede_page::page {
    #[allow(clippy::unused_async)]
    async fn _page(user: &User<'_>) -> String {
        render(user).await
    }
}
