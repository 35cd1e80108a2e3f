//! Arithmetic modulo a prime of the form 2ⁿ − c with a small c, as both national moduli are.

use core::fmt::Debug;

use crypto_bigint::{Uint, Word};

use super::digits::Digits;

/// Integers modulo a prime, as curve formulas need them.
pub(super) trait Field<const N: usize>: Copy + Debug {
    /// The prime.
    const MODULUS: Uint<N>;
    /// Neutral for addition.
    const ZERO: Self;
    /// Neutral for multiplication.
    const ONE: Self;

    /// `value` as an element; `None` unless it is less than the prime, so that no number is written in two ways.
    fn new(value: &Uint<N>) -> Option<Self>;
    /// The representative below the prime.
    fn value(&self) -> Uint<N>;
    /// Sum.
    fn add(&self, other: &Self) -> Self;
    /// Difference.
    fn sub(&self, other: &Self) -> Self;
    /// Product.
    fn mul(&self, other: &Self) -> Self;
    /// Square.
    fn square(&self) -> Self;
    /// The inverse, in time that depends on the element; `None` for zero.
    fn invert_public(&self) -> Option<Self>;
    /// The inverse, in the same time for all elements; `None` for zero.
    #[cfg(feature = "issue")]
    fn invert_secret(&self) -> Option<Self>;
    /// `other` if so chosen, without a branch.
    #[cfg(feature = "issue")]
    fn select(&self, other: &Self, choice: crypto_bigint::Choice) -> Self;
    /// Whether it is zero, in time that depends on the element.
    fn is_zero(&self) -> bool;

    /// Twice the element.
    fn double(&self) -> Self {
        self.add(self)
    }

    /// The element with the other sign.
    fn neg(&self) -> Self {
        Self::ZERO.sub(self)
    }
}

/// An integer modulo 2ⁿ − `C`, with n the bits of `N` words.
///
/// Kept as any of the at most two representatives below 2ⁿ, since only comparing and writing need the least one. Sums, products
/// and their reduction take the same time for all values: 2ⁿ ≡ `C`, so what overflows comes back multiplied by `C`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sparse<const N: usize, const C: Word>([Word; N]);

impl<const N: usize, const C: Word> Sparse<N, C> {
    /// Brings back an overflow of `carry` times 2ⁿ. `carry` is at most C + 1, and C has ten bits.
    #[inline(always)]
    fn fold(mut words: [Word; N], carry: Word) -> Self {
        let (mut addend, mut overflow) = (carry * C, false);
        for word in &mut words {
            (*word, overflow) = word.carrying_add(addend, overflow);
            addend = 0;
        }
        // A second overflow leaves less than C², so a third cannot follow and one word is enough.
        if let Some(lowest) = words.first_mut() {
            *lowest = lowest.wrapping_add(C * Word::from(overflow));
        }
        Self(words)
    }

    #[inline(always)]
    fn reduce(wide: &[Word]) -> Self {
        let mut words = [0; N];
        let mut carry = 0;
        let (low, high) = wide.split_at(N);
        for ((word, low), high) in words.iter_mut().zip(low).zip(high) {
            (*word, carry) = high.carrying_mul_add(C, *low, carry);
        }
        Self::fold(words, carry)
    }

    /// The words less the modulus, if they are not below it.
    fn excess(&self) -> Option<[Word; N]> {
        // Adding C overflows exactly then.
        let (mut words, mut addend, mut overflow) = (self.0, C, false);
        for word in &mut words {
            (*word, overflow) = word.carrying_add(addend, overflow);
            addend = 0;
        }
        overflow.then_some(words)
    }
}

impl<const N: usize, const C: Word> Field<N> for Sparse<N, C>
where
    [Word; N]: Digits,
{
    const MODULUS: Uint<N> = Uint::ZERO.wrapping_sub(&Uint::from_word(C));
    const ZERO: Self = Self([0; N]);
    const ONE: Self = Self(Uint::<N>::ONE.to_words());

    fn new(value: &Uint<N>) -> Option<Self> {
        (value < &Self::MODULUS).then(|| Self(value.to_words()))
    }

    fn value(&self) -> Uint<N> {
        Uint::from_words(self.excess().unwrap_or(self.0))
    }

    #[inline]
    fn add(&self, other: &Self) -> Self {
        let (mut words, mut overflow) = (self.0, false);
        for (word, other) in words.iter_mut().zip(&other.0) {
            (*word, overflow) = word.carrying_add(*other, overflow);
        }
        Self::fold(words, Word::from(overflow))
    }

    #[inline]
    fn sub(&self, other: &Self) -> Self {
        let (mut words, mut borrow) = (self.0, false);
        for (word, other) in words.iter_mut().zip(&other.0) {
            (*word, borrow) = word.borrowing_sub(*other, borrow);
        }
        // A borrow added 2ⁿ, so C has to go. If that borrows, what is left is near 2ⁿ and C can go from one word.
        let mut subtrahend = C * Word::from(borrow);
        borrow = false;
        for word in &mut words {
            (*word, borrow) = word.borrowing_sub(subtrahend, borrow);
            subtrahend = 0;
        }
        if let Some(lowest) = words.first_mut() {
            *lowest = lowest.wrapping_sub(C * Word::from(borrow));
        }
        Self(words)
    }

    #[inline]
    fn mul(&self, other: &Self) -> Self {
        Self::reduce(self.0.product(&other.0).as_ref())
    }

    #[inline]
    fn square(&self) -> Self {
        Self::reduce(self.0.square().as_ref())
    }

    fn invert_public(&self) -> Option<Self> {
        let modulus = Self::MODULUS.to_odd().into_option()?;
        let inverse = self.value().invert_odd_mod_vartime(&modulus).into_option()?;
        Some(Self(inverse.to_words()))
    }

    #[cfg(feature = "issue")]
    fn invert_secret(&self) -> Option<Self> {
        let modulus = Self::MODULUS.to_odd().into_option()?;
        let inverse = Uint::from_words(self.0).rem(modulus.as_nz_ref()).invert_odd_mod(&modulus);
        inverse.into_option().map(|inverse| Self(inverse.to_words()))
    }

    #[cfg(feature = "issue")]
    fn select(&self, other: &Self, choice: crypto_bigint::Choice) -> Self {
        let (own, other) = (Uint::from_words(self.0), Uint::from_words(other.0));
        Self(crypto_bigint::CtSelect::ct_select(&own, &other, choice).to_words())
    }

    #[inline]
    fn is_zero(&self) -> bool {
        let zero = [0; N];
        self.0 == zero || self.excess() == Some(zero)
    }
}

#[cfg(test)]
mod tests {
    use crypto_bigint::{U256, U512};
    use proptest::prelude::*;

    use super::*;

    /// The same by division, which knows nothing of the prime's form.
    fn check<const N: usize, F: Field<N>>(of: impl Fn(Uint<N>) -> F, a: Uint<N>, b: Uint<N>) {
        let modulus = F::MODULUS.to_nz().unwrap();
        let (x, y) = (of(a), of(b));
        let (a, b) = (a.rem_vartime(&modulus), b.rem_vartime(&modulus));
        assert_eq!(x.value(), a);
        assert_eq!(x.add(&y).value(), a.add_mod(&b, &modulus));
        assert_eq!(x.sub(&y).value(), a.sub_mod(&b, &modulus));
        assert_eq!(x.neg().value(), a.neg_mod(&modulus));
        assert_eq!(x.double().value(), a.add_mod(&a, &modulus));
        assert_eq!(x.mul(&y).value(), a.mul_mod_vartime(&b, &modulus));
        assert_eq!(x.square().value(), a.mul_mod_vartime(&a, &modulus));
        assert_eq!(x.is_zero(), a == Uint::ZERO);
        match x.invert_public() {
            Some(inverse) => assert_eq!(inverse.mul(&x).value(), Uint::ONE),
            None => assert_eq!(a, Uint::ZERO),
        }
    }

    fn check_512(a: U512, b: U512) {
        check::<{ U512::LIMBS }, Sparse<{ U512::LIMBS }, 569>>(|value| Sparse(value.to_words()), a, b);
    }

    fn check_256(a: U256, b: U256) {
        check::<{ U256::LIMBS }, Sparse<{ U256::LIMBS }, 617>>(|value| Sparse(value.to_words()), a, b);
    }

    proptest! {
        #[test]
        fn arithmetic_agrees_with_division(a: [u64; 8], b: [u64; 8]) {
            check_512(U512::from_words(a), U512::from_words(b));
            let half = |words: [u64; 8]| U256::from_words(words[..4].try_into().unwrap());
            check_256(half(a), half(b));
        }
    }

    /// Where carries ripple: about zero, about the prime, and above it, where an element has a second representative.
    #[test]
    fn arithmetic_is_right_at_the_edges() {
        let near = |c: u64| (0..4_u64).chain(c - 3..c + 3).chain([2 * c, c * c, u64::MAX]);
        for (i, j) in near(569).flat_map(|i| near(569).map(move |j| (i, j))) {
            let (low, high) = (U512::from(i), U512::MAX.wrapping_sub(&U512::from(j)));
            for (a, b) in [
                (low, high),
                (high, low),
                (low, U512::from(j)),
                (high, U512::MAX.wrapping_sub(&U512::from(i))),
            ] {
                check_512(a, b);
            }
        }
        for (i, j) in near(617).flat_map(|i| near(617).map(move |j| (i, j))) {
            check_256(U256::from(i), U256::MAX.wrapping_sub(&U256::from(j)));
            check_256(U256::MAX.wrapping_sub(&U256::from(i)), U256::MAX.wrapping_sub(&U256::from(j)));
        }
    }

    #[test]
    fn refuses_numbers_that_are_not_below_the_prime() {
        type F = Sparse<{ U512::LIMBS }, 569>;
        assert!(F::new(&F::MODULUS).is_none());
        assert!(F::new(&U512::MAX).is_none());
        assert!(F::new(&F::MODULUS.wrapping_sub(&U512::ONE)).is_some());
    }
}
