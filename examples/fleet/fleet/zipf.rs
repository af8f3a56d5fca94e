//! Keys as they are asked for in life: the second half as often as the first, the third a third as often.

/// Draws keys.
#[derive(Clone, Debug)]
pub(crate) struct Zipf {
    /// How much of all asking is for the keys up to each.
    cumulated: Vec<f64>,
}

impl Zipf {
    pub(crate) fn new(keys: usize) -> Self {
        let mut sum = 0.0;
        #[expect(clippy::cast_precision_loss)]
        let weights = (1..=keys).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        let cumulated: Vec<f64> = weights.collect();
        Self { cumulated: cumulated.into_iter().map(|part| part / sum).collect() }
    }

    /// The key that a number from 0 to 1 is for.
    pub(crate) fn draw(&self, number: f64) -> usize {
        self.cumulated.partition_point(|part| *part < number).min(self.cumulated.len() - 1)
    }
}

/// Numbers from 0 to 1 that look random: xorshift (Marsaglia, 2003).
#[derive(Clone, Debug)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        #[expect(clippy::cast_precision_loss)]
        let number = (self.0 >> 11) as f64 / (1_u64 << 53) as f64;
        number
    }
}
