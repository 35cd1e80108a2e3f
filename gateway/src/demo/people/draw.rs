//! Values that look drawn by lot and are the same on every machine: everything about an invented person follows from a number.

/// The demo's fixed seed.
const SEED: u64 = 0x4e65_6769_7a20_3136;

/// A reproducible sequence of numbers for one topic about one person.
#[derive(Clone, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn of(number: u32, topic: &str) -> Self {
        let topic = topic.bytes().fold(SEED, |state, byte| mix(state ^ u64::from(byte)));
        Self(mix(topic ^ u64::from(number)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number from 0 to `bound` − 1; 0 for a bound of 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let drawn = self.next().checked_rem(bound.into()).unwrap_or(0);
        u32::try_from(drawn).unwrap_or(0)
    }

    /// True `percent` times in a hundred.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        let bound = u32::try_from(choices.len()).unwrap_or(u32::MAX);
        let chosen = usize::try_from(self.below(bound)).unwrap_or(0);
        choices.get(chosen).copied().unwrap_or_default()
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the state reaches every bit of the result.
fn mix(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
