//! `/cameras/ID/picture`: what a camera sees now, for those who may see it.
//!
//! Asked of the device when somebody looks, once however many look; held in memory for a minute, and nowhere else. Whoever
//! is not to see it does not reach the device.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::lifecycle::is_cross_site;
use super::visitor::Visitor;
use super::{Shared, TakeStill, text};
use crate::config::Config;
use crate::device::exchange::Trouble;
use crate::device::finding::Why;
use crate::device::still::{NoStill, Still};
use crate::inventory::{Camera, CameraId, FundKind};

/// How long a picture is what a camera sees now.
const HELD: Duration = Duration::from_secs(60);
/// How long that there is none is believed: a device that is asked too often gives fewer.
const NONE_HELD: Duration = Duration::from_secs(20);
/// Pictures that are held; the oldest goes first.
const MOST_HELD: usize = 32;
/// Devices that are asked at once.
const MOST_FETCHES: usize = 4;
/// For all of it, waiting for other fetches included.
const WITHIN: Duration = Duration::from_secs(20);

/// Whether this visitor may see what this camera sees: pictures are switched on, somebody with a name asks, no household
/// paid for a part of the camera, and it is no private place.
#[must_use]
pub fn may_show(config: &Config, visitor: &Visitor, camera: &Camera) -> bool {
    let mut payers = camera.funds.iter().map(|share| config.inventory.funds.get(&share.fund));
    // A fund that is not known could be anybody's.
    let is_households = payers.any(|fund| fund.is_none_or(|fund| fund.kind == FundKind::Household));
    config.web.snapshots && visitor.name.is_some() && camera.picture && !is_households
}

type Taken = Result<Arc<Still>, NoStill>;

/// The pictures of the last minute.
pub struct Pictures {
    /// A camera's place stands as long as something is held in it or somebody waits for it.
    places: Mutex<BTreeMap<CameraId, Arc<Place>>>,
    fetches: Semaphore,
    held_for: Duration,
    none_held_for: Duration,
}

/// One camera's picture, or that there is none, and when that was found. Whoever fetches holds it.
#[derive(Default)]
struct Place {
    held: tokio::sync::Mutex<Option<(Instant, Taken)>>,
}

impl Default for Pictures {
    fn default() -> Self {
        Self::holding(HELD, NONE_HELD)
    }
}

impl Pictures {
    fn holding(held_for: Duration, none_held_for: Duration) -> Self {
        Self { places: Mutex::default(), fetches: Semaphore::new(MOST_FETCHES), held_for, none_held_for }
    }

    /// The picture that is held, or a new one.
    async fn take(self: &Arc<Self>, camera: &CameraId, from: &Arc<dyn TakeStill>) -> Taken {
        let place = Arc::clone(self.places().entry(camera.clone()).or_default());
        let mut held = place.held.lock().await;
        if let Some((since, taken)) = &*held
            && since.elapsed() < if taken.is_ok() { self.held_for } else { self.none_held_for }
        {
            return taken.clone();
        }
        let taken = match self.fetches.acquire().await {
            Ok(_permit) => from.still(camera).await.map(Arc::new),
            Err(_) => Err(NoStill::NoDevice),
        };
        *held = Some((Instant::now(), taken.clone()));
        drop(held);
        self.make_room();
        self.forget_later(camera.clone(), place);
        taken
    }

    /// Lets go of the oldest where there are too many.
    fn make_room(&self) {
        let mut places = self.places();
        while places.len() > MOST_HELD {
            // What is being fetched now is nobody's oldest.
            let since =
                |place: &Place| place.held.try_lock().ok().and_then(|held| held.as_ref().map(|(since, _)| *since));
            let oldest = places.iter().filter_map(|(id, place)| Some((since(place)?, id.clone()))).min();
            let Some((_, oldest)) = oldest else { return };
            places.remove(&oldest);
        }
    }

    /// Nothing is held longer, whether or not somebody asks again.
    fn forget_later(self: &Arc<Self>, camera: CameraId, place: Arc<Place>) {
        let (pictures, held_for) = (Arc::downgrade(self), self.held_for);
        tokio::spawn(async move {
            tokio::time::sleep(held_for).await;
            let Some(pictures) = pictures.upgrade() else { return };
            let mut places = pictures.places();
            let is_old = |place: &Place| {
                let held = place.held.try_lock();
                held.is_ok_and(|held| held.as_ref().is_none_or(|(since, _)| since.elapsed() >= held_for))
            };
            if places.get(&camera).is_some_and(|present| Arc::ptr_eq(present, &place)) && is_old(&place) {
                places.remove(&camera);
            }
        });
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<CameraId, Arc<Place>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub async fn show(
    State(shared): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if is_cross_site(&headers) {
        return text(StatusCode::FORBIDDEN, "a page of another site asked for a picture\n");
    }
    let config = shared.snapshot().config.clone();
    let Some(camera) = CameraId::new(&id).ok().and_then(|id| config.inventory.cameras.get(&id)) else {
        return text(StatusCode::NOT_FOUND, "there is no camera of this id\n");
    };
    if !config.web.snapshots {
        return text(StatusCode::NOT_FOUND, "pictures are not shown here: [web] snapshots is not true\n");
    }
    if !may_show(&config, &visitor, camera) {
        let why = "pictures are shown to those who signed in, and never those of a camera that a household paid for or of a \
                   private place\n";
        return text(StatusCode::FORBIDDEN, why);
    }
    // Goes on where the reader does not wait: a login whose answer nobody hears is one of which nothing is known.
    let (camera, pictures, stills) = (camera.id.clone(), Arc::clone(&shared.pictures), Arc::clone(&shared.app.stills));
    let taken = tokio::spawn(async move { pictures.take(&camera, &stills).await });
    match tokio::time::timeout(WITHIN, taken).await {
        Ok(Ok(Ok(still))) => {
            let kind = (header::CONTENT_TYPE, HeaderValue::from_static(still.content_type));
            let policy = HeaderValue::from_static("default-src 'none'; sandbox");
            ([kind, (header::CONTENT_SECURITY_POLICY, policy)], still.bytes.clone()).into_response()
        }
        Ok(Ok(Err(none))) => refused(&none),
        Ok(Err(_)) => text(StatusCode::INTERNAL_SERVER_ERROR, "the picture could not be fetched; the log says why\n"),
        Err(_) => later("the device takes too long; ask again in a moment\n"),
    }
}

/// Says no more than readers need: no address, no account, no word of the device's own.
fn refused(none: &NoStill) -> Response {
    match none {
        NoStill::NoDevice => text(
            StatusCode::NOT_FOUND,
            "no picture is to be had of this camera: it has no recorder in the inventory that could be asked\n",
        ),
        NoStill::NotAPicture | NoStill::Why(Why::NotSupported | Why::NotTold | Why::Unreadable(_)) => {
            text(StatusCode::NOT_FOUND, "no picture is to be had of this camera: its device gives none\n")
        }
        NoStill::TooLarge => text(StatusCode::NOT_FOUND, "no picture is to be had: its device's are too large\n"),
        NoStill::Why(
            Why::NoPermission
            | Why::Trouble(Trouble::Unauthorized(_) | Trouble::NoCredential | Trouble::Denied | Trouble::Foreign(_)),
        ) => text(
            StatusCode::NOT_FOUND,
            "no picture is to be had of this camera: its device does not give pictures to camwatch's account\n",
        ),
        NoStill::Why(Why::Trouble(Trouble::Path(..) | Trouble::Silent | Trouble::NotHttp(_))) => {
            text(StatusCode::BAD_GATEWAY, "the device cannot be reached, or does not answer\n")
        }
        NoStill::Why(_) => later("the device has other things to do; ask again in a minute\n"),
    }
}

fn later(why: &'static str) -> Response {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, why);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::BoxFuture;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Gives each picture after a moment, and counts them.
    #[derive(Default)]
    struct Device {
        asked: AtomicUsize,
        none: bool,
    }

    impl TakeStill for Device {
        fn still<'a>(&'a self, _: &'a CameraId) -> BoxFuture<'a, Result<Still, NoStill>> {
            Box::pin(async move {
                let n = self.asked.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                if self.none {
                    return Err(NoStill::NotAPicture);
                }
                Ok(Still { bytes: vec![u8::try_from(n % 200).unwrap()], content_type: "image/jpeg" })
            })
        }
    }

    fn camera(n: usize) -> CameraId {
        CameraId::new(&format!("c{n}")).unwrap()
    }

    fn pair(none: bool, held_for: Duration) -> (Arc<Pictures>, Arc<Device>, Arc<dyn TakeStill>) {
        let device = Arc::new(Device { none, ..Device::default() });
        (Arc::new(Pictures::holding(held_for, held_for)), Arc::clone(&device), device)
    }

    #[tokio::test]
    async fn readers_at_once_share_one_fetch() {
        let (pictures, device, from) = pair(false, HELD);
        let readers = (0..50).map(|_| {
            let (pictures, from) = (Arc::clone(&pictures), Arc::clone(&from));
            tokio::spawn(async move { pictures.take(&camera(1), &from).await.unwrap().bytes[0] })
        });
        for reader in readers.collect::<Vec<_>>() {
            assert_eq!(reader.await.unwrap(), 0);
        }
        assert_eq!(pictures.take(&camera(1), &from).await.unwrap().bytes, [0]);
        assert_eq!(device.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn when_its_time_is_over_a_picture_is_forgotten_though_nobody_asks() {
        let (pictures, _, from) = pair(false, Duration::from_millis(50));
        pictures.take(&camera(1), &from).await.unwrap();
        while !pictures.places().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(pictures.take(&camera(1), &from).await.unwrap().bytes, [1]);
    }

    #[tokio::test]
    async fn that_there_is_none_is_believed_for_a_while() {
        let (pictures, device, from) = pair(true, HELD);
        for _ in 0..10 {
            assert_eq!(pictures.take(&camera(1), &from).await, Err(NoStill::NotAPicture));
        }
        assert_eq!(device.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn no_more_are_held_than_there_are_places_for() {
        let (pictures, _, from) = pair(false, HELD);
        for n in 0..MOST_HELD + 8 {
            pictures.take(&camera(n), &from).await.unwrap();
            assert!(pictures.places().len() <= MOST_HELD);
        }
        assert!(pictures.places().contains_key(&camera(MOST_HELD + 7)), "the youngest stays");
        assert!(!pictures.places().contains_key(&camera(0)));
    }
}
