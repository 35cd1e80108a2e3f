//! Arithmetic modulo a prime of the form 2ⁿ − c with a small c, as both national moduli are.

use core::fmt::Debug;

use crypto_bigint::{CtEq, CtSelect, Limb, Uint};

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

/// An integer modulo 2ⁿ − `C`, with n the bits of `N` limbs.
///
/// Kept as any of the at most two representatives below 2ⁿ, since only comparing and writing need the least one. Sums, products
/// and their reduction take the same time for all values: 2ⁿ ≡ `C`, so what overflows comes back multiplied by `C`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sparse<const N: usize, const C: u32>(Uint<N>);

impl<const N: usize, const C: u32> Sparse<N, C> {
    const FOLD: Limb = Limb::from_u32(C);

    /// Brings back an overflow of `carry` (0 or 1) times 2ⁿ.
    #[inline]
    fn fold_carry(sum: &Uint<N>, carry: Limb) -> Self {
        let (sum, carry) = sum.carrying_add(&small(Self::FOLD.wrapping_mul(carry)), Limb::ZERO);
        // A second overflow leaves less than C, so a third cannot follow and one limb is enough.
        Self(sum.wrapping_add(&small(Self::FOLD.wrapping_mul(carry))))
    }

    #[inline]
    fn reduce(low: &Uint<N>, high: &Uint<N>) -> Self {
        let mut sum = *low.as_limbs();
        let mut carry = Limb::ZERO;
        for (digit, upper) in sum.iter_mut().zip(high.as_limbs()) {
            (*digit, carry) = upper.carrying_mul_add(Self::FOLD, *digit, carry);
        }
        // carry ≤ C, so the product stays within a limb.
        let (sum, carry) = Uint::new(sum).carrying_add(&small(carry.wrapping_mul(Self::FOLD)), Limb::ZERO);
        Self(sum.wrapping_add(&small(Self::FOLD.wrapping_mul(carry))))
    }
}

/// One limb as a number.
#[inline]
fn small<const N: usize>(limb: Limb) -> Uint<N> {
    Uint::from(limb)
}

impl<const N: usize, const C: u32> Field<N> for Sparse<N, C> {
    const MODULUS: Uint<N> = Uint::ZERO.wrapping_sub(&Uint::from_u32(C));
    const ZERO: Self = Self(Uint::ZERO);
    const ONE: Self = Self(Uint::ONE);

    fn new(value: &Uint<N>) -> Option<Self> {
        (value < &Self::MODULUS).then_some(Self(*value))
    }

    fn value(&self) -> Uint<N> {
        // Adding C overflows exactly when the value is not below the modulus, and then leaves what exceeds it.
        let (excess, carry) = self.0.carrying_add(&small(Self::FOLD), Limb::ZERO);
        self.0.ct_select(&excess, carry.ct_ne(&Limb::ZERO))
    }

    #[inline]
    fn add(&self, other: &Self) -> Self {
        let (sum, carry) = self.0.carrying_add(&other.0, Limb::ZERO);
        Self::fold_carry(&sum, carry)
    }

    #[inline]
    fn sub(&self, other: &Self) -> Self {
        let (difference, borrow) = self.0.borrowing_sub(&other.0, Limb::ZERO);
        // Borrowing is all ones or all zeros; 2ⁿ was added, so C has to go. Twice, as after a sum.
        let (difference, borrow) = difference.borrowing_sub(&small(Self::FOLD & borrow), Limb::ZERO);
        Self(difference.wrapping_sub(&small(Self::FOLD & borrow)))
    }

    #[inline]
    fn mul(&self, other: &Self) -> Self {
        let (low, high) = self.0.widening_mul(&other.0);
        Self::reduce(&low, &high)
    }

    #[inline]
    fn square(&self) -> Self {
        let (low, high) = self.0.widening_square();
        Self::reduce(&low, &high)
    }

    fn invert_public(&self) -> Option<Self> {
        let modulus = Self::MODULUS.to_odd().into_option()?;
        self.value().invert_odd_mod_vartime(&modulus).into_option().map(Self)
    }

    #[inline]
    fn is_zero(&self) -> bool {
        self.0.is_zero_vartime() || self.0 == Self::MODULUS
    }
}
