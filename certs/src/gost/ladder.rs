//! Multiples of the generator by a secret number.
//!
//! Every step does the same whatever the number is: complete addition formulas (Renes, Costello, Batina, *Complete addition formulas for
//! prime order elliptic curves*, algorithm 1), a fixed number of them, and tables read from end to end.

use crypto_bigint::{CtEq, Uint};

use super::curve::Curve;
use super::field::Field;

/// Bits of the number taken at once.
const WINDOW: u32 = 4;

/// A point (X/Z, Y/Z).
#[derive(Clone, Copy)]
struct Projective<C: Curve<N>, const N: usize> {
    x: C::Field,
    y: C::Field,
    z: C::Field,
}

/// Coordinates of `secret`·G; `None` if that is the point at infinity, which no number between 1 and the order less one gives.
pub(super) fn multiple_of_generator<C: Curve<N>, const N: usize>(
    secret: &Uint<N>,
) -> Option<(Uint<N>, Uint<N>)> {
    let formula = Formula::<C, N>::new()?;
    let generator = Projective {
        x: C::Field::new(&C::GENERATOR.0)?,
        y: C::Field::new(&C::GENERATOR.1)?,
        z: C::Field::ONE,
    };
    let infinity = Projective { x: C::Field::ZERO, y: C::Field::ONE, z: C::Field::ZERO };
    let multiples: Vec<_> =
        core::iter::successors(Some(infinity), |last| Some(formula.add(last, &generator)))
            .take(1 << WINDOW)
            .collect();
    let mut sum = infinity;
    for window in (0..Uint::<N>::BITS / WINDOW).rev() {
        for _ in 0..WINDOW {
            sum = formula.add(&sum, &sum);
        }
        let index = secret.shr_vartime(window * WINDOW) & Uint::from_u32((1 << WINDOW) - 1);
        sum = formula.add(&sum, &select(&multiples, &index));
    }
    let inverse = sum.z.invert_secret()?;
    Some((sum.x.mul(&inverse).value(), sum.y.mul(&inverse).value()))
}

/// The multiple at `index`, after looking at all of them.
fn select<C: Curve<N>, const N: usize>(multiples: &[Projective<C, N>], index: &Uint<N>) -> Projective<C, N> {
    let mut chosen: Projective<C, N> = Projective { x: C::Field::ZERO, y: C::Field::ZERO, z: C::Field::ZERO };
    for (position, multiple) in (0_u32..).zip(multiples) {
        let here = Uint::<N>::from_u32(position).ct_eq(index);
        chosen.x = chosen.x.select(&multiple.x, here);
        chosen.y = chosen.y.select(&multiple.y, here);
        chosen.z = chosen.z.select(&multiple.z, here);
    }
    chosen
}

/// The coefficients, as the formula wants them.
struct Formula<C: Curve<N>, const N: usize> {
    a: C::Field,
    three_b: C::Field,
}

impl<C: Curve<N>, const N: usize> Formula<C, N> {
    fn new() -> Option<Self> {
        let minus_three = || Some(C::Field::ONE.double().add(&C::Field::ONE).neg());
        let a = C::A.map_or_else(minus_three, |a| C::Field::new(&a))?;
        let b = C::Field::new(&C::B)?;
        Some(Self { a, three_b: b.double().add(&b) })
    }

    /// The sum of any two points of the subgroup: equal, opposite or infinite ones need no care, since its order is odd.
    fn add(&self, p: &Projective<C, N>, q: &Projective<C, N>) -> Projective<C, N> {
        let cross = |a: &C::Field, b: &C::Field, c: &C::Field, d: &C::Field, less: &C::Field| {
            a.add(b).mul(&c.add(d)).sub(less)
        };
        let (xx, yy, zz) = (p.x.mul(&q.x), p.y.mul(&q.y), p.z.mul(&q.z));
        let xy = cross(&p.x, &p.y, &q.x, &q.y, &xx.add(&yy));
        let xz = cross(&p.x, &p.z, &q.x, &q.z, &xx.add(&zz));
        let yz = cross(&p.y, &p.z, &q.y, &q.z, &yy.add(&zz));
        let t = self.a.mul(&xz).add(&self.three_b.mul(&zz));
        let (minus, plus) = (yy.sub(&t), yy.add(&t));
        let azz = self.a.mul(&zz);
        let slope = xx.double().add(&xx).add(&azz);
        let rest = self.three_b.mul(&xz).add(&self.a.mul(&xx.sub(&azz)));
        Projective {
            x: xy.mul(&minus).sub(&yz.mul(&rest)),
            y: plus.mul(&minus).add(&slope.mul(&rest)),
            z: yz.mul(&plus).add(&xy.mul(&slope)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crypto_bigint::{U256, U512};
    use proptest::prelude::*;

    use super::super::curve::{CryptoProA, LIMBS_256, LIMBS_512, Tc26A256, Tc26A512};
    use super::super::multiply::multiple_of;
    use super::super::point::Affine;
    use super::*;

    /// Both ways of multiplying agree.
    fn check<C: Curve<N>, const N: usize>(number: &Uint<N>) {
        let order = C::ORDER.to_nz().unwrap();
        let number = number.rem_vartime(&order);
        let expected = multiple_of(&number, &Affine::<C, N>::generator().unwrap()).to_affine();
        let made = multiple_of_generator::<C, N>(&number);
        assert_eq!(made, expected.map(|point| (point.x.value(), point.y.value())));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn secret_and_public_multiplication_agree(words: [u64; 8]) {
            check::<Tc26A512, LIMBS_512>(&U512::from_words(words));
            let half = U256::from_words(words[..4].try_into().unwrap());
            check::<Tc26A256, LIMBS_256>(&half);
            check::<CryptoProA, LIMBS_256>(&half);
        }
    }

    #[test]
    fn the_smallest_and_greatest_multiples_are_right() {
        for number in [
            U512::ZERO,
            U512::ONE,
            U512::from_u8(2),
            U512::from_u8(16),
            Tc26A512::ORDER.wrapping_sub(&U512::ONE),
        ] {
            check::<Tc26A512, LIMBS_512>(&number);
        }
        for number in [U256::ZERO, U256::ONE, U256::from_u8(2), U256::from_u8(16)] {
            check::<Tc26A256, LIMBS_256>(&number);
            check::<CryptoProA, LIMBS_256>(&number);
        }
    }
}
