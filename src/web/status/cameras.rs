//! The list of cameras: one line each, worst first, a page at a time.

use maud::{Markup, html};

use super::fleet::Paging;
use super::query::Wanted;
use super::view::View;
use crate::snapshot::CameraStatus;

/// A table of cameras; `with_site` where they are of several sites.
pub(super) fn table(view: &View<'_>, cameras: &[&CameraStatus], caption: &str, with_site: bool) -> Markup {
    let words = &view.words.list;
    html! {
        table class="cameras" {
            caption class="unseen" { (caption) }
            thead {
                tr {
                    th scope="col" { (words.state) }
                    th scope="col" { (words.camera) }
                    th scope="col" { (words.why) }
                }
            }
            tbody { @for camera in cameras { (row(view, camera, with_site)) } }
        }
    }
}

fn row(view: &View<'_>, camera: &CameraStatus, with_site: bool) -> Markup {
    let site = view.snapshot.config.inventory.sites.get(&camera.site);
    let name = view.names.camera(&camera.camera);
    html! {
        tr {
            td { (view.badge(camera.state)) }
            th scope="row" {
                a href={ "/cameras/" (camera.camera) } { (name) }
                @if with_site || name != camera.camera.as_str() {
                    " "
                    small {
                        @if name != camera.camera.as_str() { (camera.camera) @if with_site { " · " } }
                        @if with_site {
                            a href={ "/sites/" (camera.site) } { (view.names.site(&camera.site)) }
                            @if let Some(village) = site.and_then(|site| site.village.as_deref()) { ", " (village) }
                        }
                    }
                }
            }
            td {
                @if let Some(cause) = camera.cause { span class="cause" { (view.cause(cause)) } " " }
                @match camera.since {
                    Some(since) => small { (view.since(since)) },
                    None => small { (view.words.list.never_seen) },
                }
            }
        }
    }
}

/// The ways to the other pages of the list; nothing where there is one.
pub(super) fn pager(view: &View<'_>, wanted: &Wanted, paging: Paging) -> Markup {
    let words = &view.words.list;
    let link = |page| wanted.link(page) + "#list";
    html! {
        @if paging.pages > 1 {
            nav class="pager" aria-label=(words.pages) {
                ul {
                    @if paging.page > 1 {
                        li { a href=(link(paging.page - 1)) rel="prev" { "‹ " (words.previous) } }
                    }
                    @for page in paging.linked() {
                        li {
                            @match page {
                                None => "…",
                                Some(page) if page == paging.page => {
                                    span aria-current="page" aria-label=((words.page)(&view.count(page))) { (view.count(page)) }
                                }
                                Some(page) => {
                                    a href=(link(page)) aria-label=((words.page)(&view.count(page))) { (view.count(page)) }
                                }
                            }
                        }
                    }
                    @if paging.page < paging.pages {
                        li { a href=(link(paging.page + 1)) rel="next" { (words.next) " ›" } }
                    }
                }
            }
        }
    }
}
