"""The columns of the cartography profile (docs/cartography.md): IEC 62676-2-11, Annex A as this project reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vssx.model.cartography import CameraType, IdentifierKind, Setting

MAX_TEXT = 2000
"""Characters of a text."""


class Kind(StrEnum):
    """What the cells of a column hold. ANGLE: a longitude or latitude, also in degrees, minutes, seconds.

    DIRECTION: degrees clockwise from north, or a compass point; MOMENT: ISO 8601 date or time.
    """

    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    ANGLE = "angle"
    DIRECTION = "direction"
    MOMENT = "moment"
    CRS = "crs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. ``name``: in the header of the profile, and the field of MapCamera.

    ``minimum``/``maximum``: of numbers, both allowed; ``above``: greater than this only. ``words``: what a WORD may
    be. ``aliases``: other headers that mean it, in English and French; case, accents and punctuation do not count.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    words: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        """Its values are numbers."""
        return self.kind in (Kind.NUMBER, Kind.ANGLE, Kind.DIRECTION)


def _text(name: str, meaning: str, *aliases: str) -> Column:
    return Column(name=name, kind=Kind.TEXT, meaning=meaning, aliases=aliases)


def _number(name: str, unit: str, bounds: tuple[float, float], meaning: str, *aliases: str) -> Column:
    return Column(
        name=name, kind=Kind.NUMBER, meaning=meaning, unit=unit, minimum=bounds[0], maximum=bounds[1], aliases=aliases
    )


def _positive(name: str, unit: str, maximum: float, meaning: str, *aliases: str) -> Column:
    return Column(name=name, kind=Kind.NUMBER, meaning=meaning, unit=unit, above=0.0, maximum=maximum, aliases=aliases)


def _word(name: str, words: type[StrEnum], meaning: str, *aliases: str) -> Column:
    return Column(name=name, kind=Kind.WORD, meaning=meaning, words=tuple(words), aliases=aliases)


class PositionFrom(StrEnum):
    """Where longitude and latitude of a row come from."""

    GIVEN = "given"
    CRS = "crs"
    PLAN = "plan"


_NORTH = ("n", "north", "nord")
_PLANE = (-50_000_000.0, 50_000_000.0)

COLUMNS = (
    _text(
        "camera_id",
        "links the camera to its recordings: a recording token, source identifier, name, address or remote token",
        *(
            "camera",
            "camera identifier",
            "camera number",
            "camera no",
            "cam id",
            "cam",
            "id",
            "identifier",
            "source id",
        ),
        *("source", "source token", "token", "recording token", "remote token", "identifiant", "identifiant caméra"),
        *("id caméra", "caméra", "numéro", "numéro caméra", "n° caméra", "no caméra", "num caméra", "code caméra"),
        *("n°", "no", "nr", "n° de caméra", "numéro de caméra", "référence caméra", "réf caméra"),
    ),
    _word(
        "identifier_kind",
        IdentifierKind,
        "what camera_id is; without it, each is tried",
        *("identifier type", "id kind", "id type", "type identifiant", "type d'identifiant"),
    ),
    _text(
        "name",
        "name of the camera",
        *("camera name", "label", "title", "nom", "nom caméra", "nom de la caméra", "libellé", "désignation"),
        *("dénomination", "dénomination caméra", "intitulé"),
    ),
    _text("site", "site", "location", "place", "facility", "lieu", "emplacement", "établissement"),
    _text("building", "building", "bldg", "bâtiment", "immeuble"),
    _text("floor", "floor", "storey", "story", "level", "étage", "niveau"),
    _text("zone", "zone", "area", "sector", "secteur", "aire"),
    _word(
        "setting",
        Setting,
        "inside or outside",
        *("indoor outdoor", "indoor/outdoor", "environment", "intérieur extérieur", "environnement", "situation"),
        "int./ext.",
    ),
    _word(
        "camera_type",
        CameraType,
        "kind of camera",
        *("type", "camera kind", "kind", "type caméra", "type de caméra", "genre"),
    ),
    Column(
        name="longitude",
        kind=Kind.ANGLE,
        meaning="WGS 84, east positive",
        unit="°",
        minimum=-180.0,
        maximum=180.0,
        aliases=("lon", "long", "lng", "lon wgs84", "longitude wgs84", "gps longitude", "longitude gps"),
    ),
    Column(
        name="latitude",
        kind=Kind.ANGLE,
        meaning="WGS 84, north positive",
        unit="°",
        minimum=-90.0,
        maximum=90.0,
        aliases=("lat", "lat wgs84", "latitude wgs84", "gps latitude", "latitude gps"),
    ),
    _number("altitude", "m", (-500, 10_000), "above sea level", "alt", "elevation", "z", "élévation", "altitude ngf"),
    _number(
        "height_above_floor",
        "m",
        (-100, 1000),
        "above floor or ground",
        *("height", "mounting height", "height above ground", "hauteur", "hauteur de pose", "hauteur sol"),
        *("hauteur au-dessus du sol", "hauteur d'installation"),
    ),
    Column(
        name="crs",
        kind=Kind.CRS,
        meaning="coordinate reference system of easting and northing, for example EPSG:2154",
        aliases=(
            *("epsg", "epsg code", "code epsg", "srs", "srid", "coordinate system", "système de coordonnées"),
            *("projection", "proj"),
        ),
    ),
    _number(
        "easting", "unit of crs", _PLANE, "first coordinate (east, X)", "east", "x", "coord x", "coordonnée x", "est"
    ),
    _number("northing", "unit of crs", _PLANE, "second coordinate (north, Y)", *_NORTH, "y", "coord y", "coordonnée y"),
    Column(
        name="azimuth",
        kind=Kind.DIRECTION,
        meaning="direction of view, clockwise from true north",
        unit="°",
        minimum=0.0,
        maximum=360.0,
        aliases=("bearing", "heading", "direction", "orientation", "pan", "azimut", "cap", "visée", "sens de visée"),
    ),
    _number("tilt", "°", (-90, 90), "0 horizontal, negative down", "pitch", "inclination", "inclinaison", "site angle"),
    _number("roll", "°", (-180, 180), "clockwise", "roulis", "rotation"),
    _positive(
        "horizontal_fov",
        "°",
        360,
        "horizontal field of view, full angle",
        *(
            "fov",
            "hfov",
            "horizontal field of view",
            "field of view",
            "view angle",
            "angle of view",
            "champ horizontal",
        ),
        *("angle de vue", "angle d'ouverture", "ouverture", "champ de vision", "champ de vision horizontal"),
        *("angle de champ", "champ"),
    ),
    _positive(
        "vertical_fov",
        "°",
        180,
        "vertical field of view, full angle",
        *("vfov", "vertical field of view", "champ vertical", "champ de vision vertical"),
    ),
    _number(
        "near_range",
        "m",
        (0, 100_000),
        "nearest distance seen",
        *("near", "range min", "min range", "minimum range", "portée min", "portée minimale", "distance min"),
    ),
    _positive(
        "far_range",
        "m",
        100_000,
        "farthest distance seen",
        *("far", "range", "range max", "max range", "maximum range", "view distance", "portée", "portée max"),
        *("portée maximale", "portée utile", "distance", "distance max"),
    ),
    _text("plan", "file name of the indoor plan", "plan file", "floor plan", "map", "plan reference", "fichier plan"),
    _number("plan_x", "px", (-1_000_000, 1_000_000), "from the left of the plan", "x plan", "plan px x", "position x"),
    _number("plan_y", "px", (-1_000_000, 1_000_000), "from the top of the plan", "y plan", "plan px y", "position y"),
    _text("address", "postal address", "street address", "street", "postal address", "adresse", "rue", "voie"),
    _text(
        "operator",
        "who operates the camera",
        *("owner", "operated by", "opérateur", "exploitant", "gestionnaire", "propriétaire"),
    ),
    _text("contact", "whom to ask", "contact person", "phone", "telephone", "e-mail", "téléphone", "courriel"),
    Column(
        name="in_service_since",
        kind=Kind.MOMENT,
        meaning="first day or moment of service",
        aliases=(
            *("since", "installed", "installation date", "service date", "in service", "start date", "depuis"),
            *("mise en service", "date de mise en service", "date mise en service", "en service depuis"),
            *("date d'installation", "date de pose"),
        ),
    ),
    Column(
        name="in_service_until",
        kind=Kind.MOMENT,
        meaning="last day or moment of service",
        aliases=(
            *("until", "removed", "removal date", "end date", "decommissioned", "fin de service", "hors service"),
            *("date de dépose", "date de fin", "en service jusqu'à", "jusqu'à", "date de retrait"),
        ),
    ),
    _text(
        "remarks",
        "anything else",
        *("remark", "comment", "comments", "note", "notes", "remarque", "remarques", "commentaire", "commentaires"),
        *("observation", "observations"),
    ),
    _word(
        "position_from",
        PositionFrom,
        "whether longitude and latitude were given, or computed from easting and northing or from the plan",
    ),
)
"""In the order of the profile's header."""

BY_NAME = {column.name: column for column in COLUMNS}
HEADER = tuple(BY_NAME)
WORDS: Mapping[str, type[IdentifierKind | Setting | CameraType]] = {
    "identifier_kind": IdentifierKind,
    "setting": Setting,
    "camera_type": CameraType,
}
"""Columns whose values are words of their own type; ``position_from`` is a text in MapCamera."""
