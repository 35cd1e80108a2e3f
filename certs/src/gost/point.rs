//! Points of a curve, added in time that depends on them: everything here is public.
//!
//! Formulas: Explicit-Formulas Database, short Weierstrass curves in Jacobian coordinates, `dbl-2001-b`, `madd-2007-bl`,
//! `add-2007-bl`. They do not hold for all pairs of points; the pairs that they miss are told apart here.

use core::fmt;

use crypto_bigint::Uint;

use super::curve::Curve;
use super::field::Field;

/// A point by its coordinates x and y; never the point at infinity.
#[derive(Clone, Copy)]
pub(super) struct Affine<C: Curve<N>, const N: usize> {
    pub(super) x: C::Field,
    pub(super) y: C::Field,
}

/// A point (X/Z², Y/Z³); with Z zero, the point at infinity.
#[derive(Clone, Copy)]
pub(super) struct Jacobian<C: Curve<N>, const N: usize> {
    pub(super) x: C::Field,
    pub(super) y: C::Field,
    pub(super) z: C::Field,
}

impl<C: Curve<N>, const N: usize> fmt::Debug for Affine<C, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:?}, {:?})", self.x.value(), self.y.value())
    }
}

impl<C: Curve<N>, const N: usize> Affine<C, N> {
    /// The point with these coordinates; `None` if they are not less than the prime, or not on the curve.
    ///
    /// A point off the curve lies on another one, perhaps one on which discrete logarithms are easy.
    pub(super) fn new(x: &Uint<N>, y: &Uint<N>) -> Option<Self> {
        let (x, y) = (C::Field::new(x)?, C::Field::new(y)?);
        let cube = x.square().mul(&x);
        let right = cube.add(&times_a::<C, N>(&x)).add(&C::Field::new(&C::B)?);
        y.square().sub(&right).is_zero().then_some(Self { x, y })
    }

    /// The generator of the subgroup.
    pub(super) fn generator() -> Option<Self> {
        Self::new(&C::GENERATOR.0, &C::GENERATOR.1)
    }

    /// The point on the other side of the x axis.
    pub(super) fn neg(&self) -> Self {
        Self { x: self.x, y: self.y.neg() }
    }
}

/// a·x.
#[inline]
fn times_a<C: Curve<N>, const N: usize>(x: &C::Field) -> C::Field {
    match C::A.and_then(|a| C::Field::new(&a)) {
        Some(a) => a.mul(x),
        None => C::Field::ZERO.sub(&x.double().add(x)),
    }
}

/// Brings points to Z = 1 with a single inversion (Montgomery's trick). `None` if one is the point at infinity.
pub(super) fn normalise<C: Curve<N>, const N: usize>(points: &[Jacobian<C, N>]) -> Option<Vec<Affine<C, N>>> {
    let mut product = C::Field::ONE;
    let mut before = Vec::with_capacity(points.len());
    for point in points {
        before.push(product);
        product = product.mul(&point.z);
    }
    let mut inverse = product.invert_public()?;
    let mut normal = Vec::with_capacity(points.len());
    for (point, before) in points.iter().zip(before).rev() {
        let z = inverse.mul(&before);
        inverse = inverse.mul(&point.z);
        let square = z.square();
        normal.push(Affine { x: point.x.mul(&square), y: point.y.mul(&square.mul(&z)) });
    }
    normal.reverse();
    Some(normal)
}

impl<C: Curve<N>, const N: usize> From<Affine<C, N>> for Jacobian<C, N> {
    fn from(point: Affine<C, N>) -> Self {
        Self { x: point.x, y: point.y, z: C::Field::ONE }
    }
}

impl<C: Curve<N>, const N: usize> Jacobian<C, N> {
    /// The point at infinity.
    pub(super) const INFINITY: Self = Self { x: C::Field::ONE, y: C::Field::ONE, z: C::Field::ZERO };

    /// Whether this is the point at infinity.
    pub(super) fn is_infinity(&self) -> bool {
        self.z.is_zero()
    }

    /// The point by its coordinates; `None` for the point at infinity.
    #[cfg(test)]
    pub(super) fn to_affine(self) -> Option<Affine<C, N>> {
        normalise(&[self])?.pop()
    }

    /// Twice the point. Right for every point: Y zero gives Z zero.
    pub(super) fn double(&self) -> Self {
        let delta = self.z.square();
        let gamma = self.y.square();
        let beta = self.x.mul(&gamma);
        let alpha = if C::A.is_none() {
            // 3(X − Z²)(X + Z²) = 3X² − 3Z⁴
            let product = self.x.sub(&delta).mul(&self.x.add(&delta));
            product.double().add(&product)
        } else {
            let square = self.x.square();
            square.double().add(&square).add(&times_a::<C, N>(&delta.square()))
        };
        let four_beta = beta.double().double();
        let x = alpha.square().sub(&four_beta.double());
        let z = self.y.add(&self.z).square().sub(&gamma).sub(&delta);
        let eight_gamma_square = gamma.square().double().double().double();
        let y = alpha.mul(&four_beta.sub(&x)).sub(&eight_gamma_square);
        Self { x, y, z }
    }

    /// The sum with a point that has Z = 1.
    pub(super) fn add_affine(&self, other: &Affine<C, N>) -> Self {
        if self.is_infinity() {
            return (*other).into();
        }
        let square = self.z.square();
        let h = other.x.mul(&square).sub(&self.x);
        let r = other.y.mul(&self.z).mul(&square).sub(&self.y);
        if h.is_zero() {
            return if r.is_zero() { self.double() } else { Self::INFINITY };
        }
        let (hh, r) = (h.square(), r.double());
        let i = hh.double().double();
        let j = h.mul(&i);
        let v = self.x.mul(&i);
        let x = r.square().sub(&j).sub(&v.double());
        let y = r.mul(&v.sub(&x)).sub(&self.y.mul(&j).double());
        let z = self.z.add(&h).square().sub(&square).sub(&hh);
        Self { x, y, z }
    }

    /// The sum of any two points.
    pub(super) fn add(&self, other: &Self) -> Self {
        if self.is_infinity() {
            return *other;
        }
        if other.is_infinity() {
            return *self;
        }
        let (own_square, other_square) = (self.z.square(), other.z.square());
        let own_x = self.x.mul(&other_square);
        let own_y = self.y.mul(&other.z).mul(&other_square);
        let h = other.x.mul(&own_square).sub(&own_x);
        let r = other.y.mul(&self.z).mul(&own_square).sub(&own_y);
        if h.is_zero() {
            return if r.is_zero() { self.double() } else { Self::INFINITY };
        }
        let (i, r) = (h.double().square(), r.double());
        let j = h.mul(&i);
        let v = own_x.mul(&i);
        let x = r.square().sub(&j).sub(&v.double());
        let y = r.mul(&v.sub(&x)).sub(&own_y.mul(&j).double());
        let z = self.z.add(&other.z).square().sub(&own_square).sub(&other_square).mul(&h);
        Self { x, y, z }
    }
}
