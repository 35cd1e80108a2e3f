//! Names nobody bears: made of the Kazakh and Russian words for example, sketch, riddle, fiction and the like.

use super::Sex;
use super::draw::Draw;

/// A name in Cyrillic and in Latin letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub surname: String,
    pub given: String,
    pub patronymic: String,
    pub latin: String,
}

type Pair = (&'static str, &'static str);

const KAZAKH_SURNAMES: [Pair; 12] = [
    ("Қиялбеков", "Qiyalbekov"),
    ("Ертегінов", "Yerteginov"),
    ("Аңызтаев", "Angyztayev"),
    ("Жұмбақтаев", "Zhumbaqtayev"),
    ("Елесбеков", "Yelesbekov"),
    ("Мысалтаев", "Mysaltayev"),
    ("Үлгітаев", "Ulgitayev"),
    ("Бейнетаев", "Beynetayev"),
    ("Нобайтаев", "Nobaytayev"),
    ("Сынақбеков", "Synaqbekov"),
    ("Сағымтаев", "Saghymtayev"),
    ("Болжамов", "Bolzhamov"),
];
const RUSSIAN_SURNAMES: [Pair; 12] = [
    ("Вымыслов", "Vymyslov"),
    ("Примеркин", "Primerkin"),
    ("Небылицын", "Nebylitsyn"),
    ("Выдумкин", "Vydumkin"),
    ("Черновиков", "Chernovikov"),
    ("Мнимов", "Mnimov"),
    ("Условцев", "Uslovtsev"),
    ("Шаблонов", "Shablonov"),
    ("Макетов", "Maketov"),
    ("Загадкин", "Zagadkin"),
    ("Миражов", "Mirazhov"),
    ("Сказочкин", "Skazochkin"),
];
const KAZAKH_MEN: [Pair; 8] = [
    ("Үлгібек", "Ulgibek"),
    ("Мысалхан", "Mysalkhan"),
    ("Нобайжан", "Nobayzhan"),
    ("Сынақбай", "Synaqbay"),
    ("Бейнебек", "Beynebek"),
    ("Қиялжан", "Qiyalzhan"),
    ("Жұмбақбай", "Zhumbaqbay"),
    ("Аңызхан", "Angyzkhan"),
];
const KAZAKH_WOMEN: [Pair; 8] = [
    ("Үлгігүл", "Ulgigul"),
    ("Мысалгүл", "Mysalgul"),
    ("Нобайсұлу", "Nobaysulu"),
    ("Сынақай", "Synaqay"),
    ("Бейнегүл", "Beynegul"),
    ("Қиялай", "Qiyalay"),
    ("Жұмбақгүл", "Zhumbaqgul"),
    ("Аңызсұлу", "Angyzsulu"),
];
const RUSSIAN_MEN: [Pair; 8] = [
    ("Примерослав", "Primeroslav"),
    ("Мнимодар", "Mnimodar"),
    ("Условин", "Uslovin"),
    ("Черновлад", "Chernovlad"),
    ("Сказомир", "Skazomir"),
    ("Загадимир", "Zagadimir"),
    ("Макетислав", "Maketislav"),
    ("Выдумир", "Vydumir"),
];
const RUSSIAN_WOMEN: [Pair; 8] = [
    ("Примерослава", "Primeroslava"),
    ("Мнимодара", "Mnimodara"),
    ("Условина", "Uslovina"),
    ("Черновлада", "Chernovlada"),
    ("Сказомира", "Skazomira"),
    ("Загадимира", "Zagadimira"),
    ("Макетислава", "Maketislava"),
    ("Выдумира", "Vydumira"),
];

pub(super) fn name(slot: u32, sex: Sex) -> Name {
    let mut draw = Draw::of(slot, "name");
    let kazakh = draw.chance(70);
    let (surnames, men, women) = match kazakh {
        true => (&KAZAKH_SURNAMES, &KAZAKH_MEN, &KAZAKH_WOMEN),
        false => (&RUSSIAN_SURNAMES, &RUSSIAN_MEN, &RUSSIAN_WOMEN),
    };
    let surname = draw.pick(surnames);
    let given = draw.pick(if sex == Sex::Male { men } else { women });
    let father = draw.pick(men).0;
    let ending = if sex == Sex::Male { "" } else { "а" };
    let patronymic = match (kazakh, sex) {
        (true, Sex::Male) => "ұлы",
        (true, Sex::Female) => "қызы",
        (false, Sex::Male) => "ович",
        (false, Sex::Female) => "овна",
    };
    Name {
        surname: format!("{}{ending}", surname.0),
        given: given.0.to_owned(),
        patronymic: format!("{father}{patronymic}"),
        latin: format!("{} {}{}", given.1, surname.1, if sex == Sex::Male { "" } else { "a" }),
    }
}
