//! The examples of RFC 7091 §7. Their curves have primes of no special form, so they come with a field of their own: the formulas for
//! points and signatures are put to the test apart from the arithmetic beneath.

use std::sync::OnceLock;

use crypto_bigint::modular::{ConstMontyForm, ConstMontyParams};
use crypto_bigint::{U256, U512, Uint, const_monty_params};

use super::GostError;
use super::curve::{Curve, LIMBS_256, LIMBS_512};
use super::field::Field;
use super::multiples::Multiples;
use super::multiply::multiple_of;
use super::point::Affine;
use super::signature::verify_numbers;

/// An integer modulo any odd prime, in Montgomery form.
#[derive(Clone, Copy, Debug)]
struct Montgomery<M: ConstMontyParams<N>, const N: usize>(ConstMontyForm<M, N>);

impl<M: ConstMontyParams<N>, const N: usize> Field<N> for Montgomery<M, N> {
    const MODULUS: Uint<N> = *M::PARAMS.modulus().as_ref();
    const ZERO: Self = Self(ConstMontyForm::ZERO);
    const ONE: Self = Self(ConstMontyForm::ONE);

    fn new(value: &Uint<N>) -> Option<Self> {
        (value < &Self::MODULUS).then(|| Self(ConstMontyForm::new(value)))
    }

    fn value(&self) -> Uint<N> {
        self.0.retrieve()
    }

    fn add(&self, other: &Self) -> Self {
        Self(self.0 + other.0)
    }

    fn sub(&self, other: &Self) -> Self {
        Self(self.0 - other.0)
    }

    fn mul(&self, other: &Self) -> Self {
        Self(self.0 * other.0)
    }

    fn square(&self) -> Self {
        Self(self.0.square())
    }

    fn invert_public(&self) -> Option<Self> {
        let modulus = Self::MODULUS.to_odd().into_option()?;
        Self::new(&self.value().invert_odd_mod_vartime(&modulus).into_option()?)
    }

    #[cfg(feature = "issue")]
    fn invert_secret(&self) -> Option<Self> {
        self.0.invert().into_option().map(Self)
    }

    #[cfg(feature = "issue")]
    fn select(&self, other: &Self, choice: crypto_bigint::Choice) -> Self {
        Self(crypto_bigint::CtSelect::ct_select(&self.0, &other.0, choice))
    }

    fn is_zero(&self) -> bool {
        self.0 == ConstMontyForm::ZERO
    }
}

const_monty_params!(Prime256, U256, "8000000000000000000000000000000000000000000000000000000000000431");
const_monty_params!(
    Prime512,
    U512,
    "4531acd1fe0023c7550d267b6b2fee80922b14b2ffb90f04d4eb7c09b5d2d15df1d852741af4704a0458047e80e4546d35b8336fac224dd81664bbf528be6373"
);

#[derive(Clone, Copy)]
struct Example1;

impl Curve<LIMBS_256> for Example1 {
    type Field = Montgomery<Prime256, LIMBS_256>;
    const A: Option<U256> = Some(U256::from_u8(7));
    const B: U256 = U256::from_be_hex("5fbff498aa938ce739b8e022fbafef40563f6e6a3472fc2a514c0ce9dae23b7e");
    const ORDER: U256 = U256::from_be_hex("8000000000000000000000000000000150fe8a1892976154c59cfc193accf5b3");
    const COFACTOR: u8 = 1;
    const GENERATOR: (U256, U256) = (
        U256::from_u8(2),
        U256::from_be_hex("08e2a8a0e65147d4bd6316030e16d19c85c97f0a9ca267122b96abbcea7e8fc8"),
    );

    fn multiples() -> &'static OnceLock<Option<Multiples<Self, LIMBS_256>>> {
        static MULTIPLES: OnceLock<Option<Multiples<Example1, LIMBS_256>>> = OnceLock::new();
        &MULTIPLES
    }
}

#[derive(Clone, Copy)]
struct Example2;

impl Curve<LIMBS_512> for Example2 {
    type Field = Montgomery<Prime512, LIMBS_512>;
    const A: Option<U512> = Some(U512::from_u8(7));
    const B: U512 = U512::from_be_hex(
        "1cff0806a31116da29d8cfa54e57eb748bc5f377e49400fdd788b649eca1ac4\
         361834013b2ad7322480a89ca58e0cf74bc9e540c2add6897fad0a3084f302adc",
    );
    const ORDER: U512 = U512::from_be_hex(
        "4531acd1fe0023c7550d267b6b2fee80922b14b2ffb90f04d4eb7c09b5d2d15d\
         a82f2d7ecb1dbac719905c5eecc423f1d86e25edbe23c595d644aaf187e6e6df",
    );
    const COFACTOR: u8 = 1;
    const GENERATOR: (U512, U512) = (
        U512::from_be_hex(
            "24d19cc64572ee30f396bf6ebbfd7a6c5213b3b3d7057cc825f91093a68cd762\
             fd60611262cd838dc6b60aa7eee804e28bc849977fac33b4b530f1b120248a9a",
        ),
        U512::from_be_hex(
            "2bb312a43bd2ce6e0d020613c857acddcfbf061e91e5f2c3f32447c259f39b2c\
             83ab156d77f1496bf7eb3351e1ee4e43dc1a18b91b24640b6dbb92cb1add371e",
        ),
    );

    fn multiples() -> &'static OnceLock<Option<Multiples<Self, LIMBS_512>>> {
        static MULTIPLES: OnceLock<Option<Multiples<Example2, LIMBS_512>>> = OnceLock::new();
        &MULTIPLES
    }
}

/// The private number makes the public point; the signature of the example verifies; any change to it does not.
fn check<C: Curve<N>, const N: usize>(
    d: &Uint<N>,
    q: (&Uint<N>, &Uint<N>),
    e: &Uint<N>,
    (r, s): (&Uint<N>, &Uint<N>),
) {
    let point = Affine::<C, N>::new(q.0, q.1).expect("the key is on the curve");
    let g = Affine::<C, N>::generator().expect("the generator is on the curve");
    let made = multiple_of(d, &g).to_affine().unwrap();
    assert_eq!((&made.x.value(), &made.y.value()), q);
    let flip = |number: &Uint<N>| *number ^ Uint::ONE;
    for key in [Multiples::once(&point), Multiples::prepared(&point)] {
        let key = key.expect("no multiple is the point at infinity");
        assert_eq!(verify_numbers(&key, e, r, s), Ok(()));
        assert_eq!(verify_numbers(&key, &flip(e), r, s), Err(GostError::BadSignature));
        assert_eq!(verify_numbers(&key, e, &flip(r), s), Err(GostError::BadSignature));
        assert_eq!(verify_numbers(&key, e, r, &flip(s)), Err(GostError::BadSignature));
        for (r, s) in [(&Uint::ZERO, s), (r, &Uint::ZERO), (&C::ORDER, s), (r, &C::ORDER)] {
            assert_eq!(verify_numbers(&key, e, r, s), Err(GostError::OutOfRange));
        }
    }
    assert!(Affine::<C, N>::new(q.0, &flip(q.1)).is_none());
}

#[test]
fn example_1_of_256_bits_verifies() {
    let hex = U256::from_be_hex;
    check::<Example1, LIMBS_256>(
        &hex("7a929ade789bb9be10ed359dd39a72c11b60961f49397eee1d19ce9891ec3b28"),
        (
            &hex("7f2b49e270db6d90d8595bec458b50c58585ba1d4e9b788f6689dbd8e56fd80b"),
            &hex("26f1b489d6701dd185c8413a977b3cbbaf64d1c593d26627dffb101a87ff77da"),
        ),
        &hex("2dfbc1b372d89a1188c09c52e0eec61fce52032ab1022e8e67ece6672b043ee5"),
        (
            &hex("41aa28d2f1ab148280cd9ed56feda41974053554a42767b83ad043fd39dc0493"),
            &hex("01456c64ba4642a1653c235a98a60249bcd6d3f746b631df928014f6c5bf9c40"),
        ),
    );
}

#[test]
fn example_2_of_512_bits_verifies() {
    let hex = U512::from_be_hex;
    check::<Example2, LIMBS_512>(
        &hex("0ba6048aadae241ba40936d47756d7c93091a0e8514669700ee7508e508b1020\
             72e8123b2200a0563322dad2827e2714a2636b7bfd18aadfc62967821fa18dd4"),
        (
            &hex("115dc5bc96760c7b48598d8ab9e740d4c4a85a65be33c1815b5c320c854621dd\
                 5a515856d13314af69bc5b924c8b4ddff75c45415c1d9dd9dd33612cd530efe1"),
            &hex("37c7c90cd40b0f5621dc3ac1b751cfa0e2634fa0503b3d52639f5d7fb72afd61\
                 ea199441d943ffe7f0c70a2759a3cdb84c114e1f9339fdf27f35eca93677beec"),
        ),
        &hex("3754f3cfacc9e0615c4f4a7c4d8dab531b09b6f9c170c533a71d147035b0c591\
             7184ee536593f4414339976c647c5d5a407adedb1d560c4fc6777d2972075b8c"),
        (
            &hex("2f86fa60a081091a23dd795e1e3c689ee512a3c82ee0dcc2643c78eea8fcacd3\
                 5492558486b20f1c9ec197c90699850260c93bcbcd9c5c3317e19344e173ae36"),
            &hex("1081b394696ffe8e6585e7a9362d26b6325f56778aadbc081c0bfbe933d52ff5\
                 823ce288e8c4f362526080df7f70ce406a6eeb1f56919cb92a9853bde73e5b4a"),
        ),
    );
}
