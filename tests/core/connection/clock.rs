//! The time of a source, whatever the clocks of the platform show.
use authenticated_event_source::connection::{Clock, Millis};
use proptest::prelude::*;

const HOUR: u64 = 3_600_000;

fn read(clock: &mut Clock, monotonic: u64, unix: u64) -> (u64, bool) {
    let (now, has_jumped) = clock.read(Millis::new(monotonic), Millis::new(unix));
    (now.get(), has_jumped)
}

#[test]
fn time_passes_by_the_monotonic_clock() {
    let mut clock = Clock::default();
    assert_eq!(read(&mut clock, 5000, HOUR), (0, false));
    assert_eq!(read(&mut clock, 5300, HOUR + 300), (300, false));
}

#[test]
fn wall_time_that_is_set_changes_nothing_but_the_jump() {
    let mut clock = Clock::default();
    read(&mut clock, 0, 2 * HOUR);
    assert_eq!(read(&mut clock, 100, HOUR), (100, false), "set back");
    assert_eq!(read(&mut clock, 200, 3 * HOUR), (200, true), "set forward");
    assert_eq!(read(&mut clock, 300, 3 * HOUR), (300, false), "frozen");
}

#[test]
fn a_timer_that_has_fired_is_due_whatever_the_clocks_show() {
    let mut clock = Clock::default();
    read(&mut clock, 1000, HOUR);
    clock.on_timer(Millis::new(5000));
    assert_eq!(read(&mut clock, 1000, HOUR), (5000, false));
    // The clocks agree with the timer: nothing has passed twice, and nothing has jumped.
    assert_eq!(read(&mut clock, 1010, HOUR + 5010), (5010, false));
}

#[test]
fn a_timer_that_fires_together_with_the_clocks_is_not_counted_twice() {
    let mut clock = Clock::default();
    read(&mut clock, 1000, HOUR);
    clock.on_timer(Millis::new(5000));
    assert_eq!(read(&mut clock, 6010, HOUR + 5010), (5010, false));
}

#[test]
fn a_monotonic_clock_that_is_replaced_does_not_go_back() {
    let mut clock = Clock::default();
    read(&mut clock, 9000, HOUR);
    read(&mut clock, 9500, HOUR);
    assert_eq!(read(&mut clock, 0, HOUR), (500, false));
    assert_eq!(read(&mut clock, 100, HOUR), (600, false));
}

proptest! {
    #[test]
    fn time_never_goes_back(
        readings in proptest::collection::vec((any::<u64>(), any::<u64>(), proptest::option::of(any::<u64>())), 0..20),
    ) {
        let mut clock = Clock::default();
        let mut latest = 0;
        for (monotonic, unix, timer) in readings {
            if let Some(due) = timer {
                clock.on_timer(Millis::new(due));
            }
            let (now, _) = read(&mut clock, monotonic, unix);
            prop_assert!(now >= latest);
            latest = now;
        }
    }
}
