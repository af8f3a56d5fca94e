//! Where the actors act: runtimes that come and go, and a thread that has none.

use crate::actors::{Actor, act_on_a_thread, actors};
use stampede_tests::field::{Cached, Dice, Field};
use std::{
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    time::sleep,
};

/// Tasks on each of the two runtimes.
const TASKS: u64 = 4;

const NAP: Duration = Duration::from_millis(1);

pub(crate) struct Stage {
    pub(crate) scene: Arc<Scene>,
    threads: Vec<JoinHandle<()>>,
}

type Cast = (Vec<Arc<Field>>, Vec<Box<dyn Actor>>);

/// What all of them share.
pub(crate) struct Scene {
    pub(crate) fields: Vec<Arc<Field>>,
    pub(crate) actors: Vec<Box<dyn Actor>>,
    seed: AtomicU64,
    is_closed: AtomicBool,
    is_paused: AtomicBool,
    /// Tasks and threads whose turn is not over.
    acting: AtomicU64,
    pub(crate) runtimes: AtomicU64,
}

impl Stage {
    pub(crate) fn open(seed: u64) -> Self {
        let (fields, actors) = cast();
        let scene = Arc::new(Scene {
            fields,
            actors,
            seed: AtomicU64::new(seed),
            is_closed: AtomicBool::new(false),
            is_paused: AtomicBool::new(false),
            acting: AtomicU64::new(0),
            runtimes: AtomicU64::new(0),
        });
        let on_runtimes = (0..2).map(|_| spawn(&scene, Scene::run_runtimes));
        let threads = on_runtimes.chain([spawn(&scene, Scene::run_thread)]).collect();
        Self { scene, threads }
    }

    pub(crate) fn close(self) {
        self.scene.is_closed.store(true, SeqCst);
        for thread in self.threads {
            thread.join().expect("the stage does not panic");
        }
    }
}

/// Who takes part.
#[cfg(feature = "redis")]
fn cast() -> Cast {
    let (mut fields, mut actors) = (fields(), actors());
    let fleet = crate::fleet::Fleet::start();
    fields.extend(fleet.fields());
    actors.push(Box::new(fleet));
    (fields, actors)
}

/// Who takes part.
#[cfg(not(feature = "redis"))]
fn cast() -> Cast {
    (fields(), actors())
}

/// Caches of different kinds, all small and short-lived.
fn fields() -> Vec<Arc<Field>> {
    const MILLIS: Duration = Duration::from_millis(1);
    let plain = Cached::builder().name("plain").ttl(MILLIS * 500).capacity(100).load_timeout(MILLIS * 40);
    let stale = Cached::builder()
        .name("stale")
        .ttl(MILLIS * 20)
        .stale_while_revalidate(MILLIS * 30)
        .stale_if_error(MILLIS * 200)
        .err_ttl(MILLIS * 5)
        .jitter(0.5)
        .load_timeout(MILLIS * 40)
        .capacity(50);
    let coalescing = Cached::builder().name("coalescing").load_timeout(MILLIS * 40);
    vec![
        Field::new("plain", 100, plain.build()),
        Field::new("stale", 50, stale.build_sharing_errors()),
        Field::new("coalescing", 0, coalescing.build()),
    ]
}

fn spawn(scene: &Arc<Scene>, run: fn(&Arc<Scene>)) -> JoinHandle<()> {
    let scene = Arc::clone(scene);
    thread::spawn(move || run(&scene))
}

impl Scene {
    /// Lets nobody begin another turn, or lets them go on.
    pub(crate) fn pause(&self, pause: bool) {
        self.is_paused.store(pause, SeqCst);
    }

    /// Whether nobody acts.
    pub(crate) fn is_idle(&self) -> bool {
        self.acting.load(SeqCst) == 0
    }

    fn is_closed(&self) -> bool {
        self.is_closed.load(SeqCst)
    }

    fn dice(&self) -> Dice {
        let mut dice = Dice::new(self.seed.fetch_add(1, SeqCst));
        Dice::new(dice.roll())
    }

    /// One runtime after another; each ends in the middle of what its tasks do.
    fn run_runtimes(self: &Arc<Self>) {
        let mut dice = self.dice();
        while !self.is_closed() {
            let runtime = match dice.below(2) {
                0 => Builder::new_current_thread().enable_all().build(),
                _ => Builder::new_multi_thread().worker_threads(2).enable_all().build(),
            };
            let runtime: Runtime = runtime.expect("a runtime");
            self.runtimes.fetch_add(1, Relaxed);
            for _ in 0..TASKS {
                runtime.spawn(Arc::clone(self).run_task(self.dice()));
            }
            let time = Duration::from_millis(100 + dice.below(1_500));
            runtime.block_on(async { sleep(time).await });
            match dice.below(2) {
                0 => drop(runtime),
                _ => runtime.shutdown_background(),
            }
        }
    }

    async fn run_task(self: Arc<Self>, mut dice: Dice) {
        loop {
            let Some(acting) = Acting::begin(&self) else {
                sleep(NAP).await;
                continue;
            };
            let field = self.pick_field(&mut dice);
            let actor = self.pick_actor(&mut dice);
            actor.act(&field, &mut dice).await;
            drop(acting);
            // An actor may be done without ever having waited.
            tokio::task::yield_now().await;
        }
    }

    fn run_thread(self: &Arc<Self>) {
        let mut dice = self.dice();
        while !self.is_closed() {
            match Acting::begin(self) {
                Some(_acting) => act_on_a_thread(&self.pick_field(&mut dice), &mut dice),
                None => thread::sleep(NAP),
            }
        }
    }

    fn pick_field(&self, dice: &mut Dice) -> Arc<Field> {
        let at = dice.below(self.fields.len() as u64);
        Arc::clone(&self.fields[usize::try_from(at).expect("a small number")])
    }

    fn pick_actor(&self, dice: &mut Dice) -> &dyn Actor {
        let mut left = dice.below(self.actors.iter().map(|actor| actor.weight()).sum());
        for actor in &self.actors {
            match left.checked_sub(actor.weight()) {
                Some(less) => left = less,
                None => return actor.as_ref(),
            }
        }
        unreachable!("the number is below the sum")
    }
}

/// Somebody's turn.
struct Acting<'a>(&'a Scene);

impl<'a> Acting<'a> {
    /// None in a pause.
    fn begin(scene: &'a Scene) -> Option<Self> {
        scene.acting.fetch_add(1, SeqCst);
        let acting = Self(scene);
        // Looked at afterwards: a pause that has seen nobody act is seen here.
        (!scene.is_paused.load(SeqCst)).then_some(acting)
    }
}

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        self.0.acting.fetch_sub(1, SeqCst);
    }
}
