"""What people write instead of the words of the profile, in English and French, without case, accents and blanks."""

from __future__ import annotations

from collections.abc import Mapping

from vssx.cartography.profile import Column

_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "identifier_kind": {
        "token": ("recordingtoken", "jeton"),
        "source": ("sourceid", "sourcetoken"),
        "name": ("nom", "cameraname", "sourcename"),
        "address": ("ip", "ipaddress", "adresseip", "adresse", "url"),
        "remote": ("remotetoken", "distant"),
    },
    "setting": {
        "indoor": ("inside", "indoors", "in", "interieur", "interieure", "int"),
        "outdoor": ("outside", "outdoors", "out", "exterieur", "exterieure", "ext", "voiepublique"),
    },
    "camera_type": {
        "fixed": ("fixe", "bullet", "box", "tube", "camerafixe", "fixedcamera"),
        "dome": ("minidome", "domefixe", "fixeddome"),
        "ptz": ("speeddome", "domemotorise", "motorisee", "orientable", "pantiltzoom", "cameraptz", "domeptz"),
        "multi-sensor": ("multicapteurs", "multicapteur"),
        "bodyworn": ("pietonne", "camerapietonne", "bodycam"),
        "mobile": ("embarquee", "vehicule", "vehicle", "nomade"),
    },
}
_CRS: Mapping[str, tuple[str, ...]] = {
    "EPSG:4326": ("wgs84",),
    "EPSG:2154": ("lambert93", "rgf93lambert93", "l93"),
    **{f"EPSG:{3900 + zone}": (f"cc{zone}", f"rgf93cc{zone}") for zone in range(42, 51)},
    "EPSG:27572": ("lambertiietendu", "lambert2etendu"),
    "EPSG:3857": ("webmercator",),
    "EPSG:31370": ("belgianlambert72",),
    "EPSG:3812": ("belgianlambert2008",),
    "EPSG:27700": ("britishnationalgrid", "bng"),
    "EPSG:2056": ("ch1903lv95", "lv95"),
    "EPSG:25831": ("etrs89utm31n", "etrs89utmzone31n"),
    "EPSG:25832": ("etrs89utm32n", "etrs89utmzone32n"),
    "EPSG:25833": ("etrs89utm33n", "etrs89utmzone33n"),
}


def word_meant(column: Column, word: str) -> str | None:
    """The word of the profile that ``word``, already without case and accents, means in ``column``."""
    for ours in column.words:
        if word == ours.replace("-", "") or word in _WORDS.get(column.name, {}).get(ours, ()):
            return ours
    return None


def crs_named(name: str) -> str | None:
    """The code of a coordinate reference system that is known by ``name``, already without case and accents."""
    return next((code for code, names in _CRS.items() if name in names), None)
