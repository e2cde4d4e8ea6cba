"""The units that trials and their laboratories use: dimension and exact size in base units.

Codes are UCUM's (Unified Code for Units of Measure, https://ucum.org). Base units are m, g, s, mol, and
everything that converts to nothing else: UCUM's arbitrary units; degrees Celsius (an offset is no factor).
Where UCUM sees pure numbers this table is stricter, so that no such comparison passes: body surface
`{1.73_m2}` and body mass (`/kg` in a dose) are bases of their own, and so are capsules, tablets, and the units
of one maker's kit (`{CU}`, `{RU}`). Every line is compared in a test with an independent reader of UCUM.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

# dimension → (what it is, code → size in base units)
DIMENSIONS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "1": (
        "numbers without a dimension",
        {
            "1": "1",
            "%": "1/100",
            "10*3": "1000",
            "10*6": "1000000",
            "10*9": "1000000000",
            "10*12": "1000000000000",
            "{INR}": "1",
            "{ratio}": "1",
            "{score}": "1",
        },
    ),
    "{capsule}": (
        "capsules",
        {
            "{capsule}": "1",
        },
    ),
    "{tablet}": (
        "tablets",
        {
            "{tablet}": "1",
        },
    ),
    "{capsule}.s-1": (
        "capsules in a time",
        {
            "{capsule}/d": "1/86400",
        },
    ),
    "{tablet}.s-1": (
        "tablets in a time",
        {
            "{tablet}/d": "1/86400",
        },
    ),
    "{CU}.m-3": (
        "chemiluminescent units in a volume",
        {
            "{CU}/mL": "1000000",
        },
    ),
    "{RU}.m-3": (
        "relative units in a volume",
        {
            "{RU}/mL": "1000000",
        },
    ),
    "m-3": (
        "counts in a volume (cells)",
        {
            "/L": "1000",
            "10*3/L": "1000000",
            "10*6/L": "1000000000",
            "10*9/L": "1000000000000",
            "10*12/L": "1000000000000000",
            "/mL": "1000000",
            "10*3/mL": "1000000000",
            "10*6/mL": "1000000000000",
            "/uL": "1000000000",
            "10*3/uL": "1000000000000",
            "10*6/uL": "1000000000000000",
            "/mm3": "1000000000",
            "10*3/mm3": "1000000000000",
            "10*6/mm3": "1000000000000000",
            "{cells}/uL": "1000000000",
        },
    ),
    "g": (
        "mass",
        {
            "kg": "1000",
            "g": "1",
            "mg": "1/1000",
            "ug": "1/1000000",
            "ng": "1/1000000000",
            "[lb_av]": "45359237/100000",
        },
    ),
    "g.m-3": (
        "mass in a volume",
        {
            "kg/L": "1000000",
            "g/L": "1000",
            "g/dL": "10000",
            "g/mL": "1000000",
            "mg/L": "1",
            "mg/dL": "10",
            "mg/mL": "1000",
            "ug/L": "1/1000",
            "ug/dL": "1/100",
            "ug/mL": "1",
            "ng/L": "1/1000000",
            "ng/dL": "1/100000",
            "ng/mL": "1/1000",
            "pg/mL": "1/1000000",
        },
    ),
    "mol.m-3": (
        "substance in a volume",
        {
            "mol/L": "1000",
            "mmol/L": "1",
            "umol/L": "1/1000",
            "nmol/L": "1/1000000",
            "pmol/L": "1/1000000000",
            "mmol/mL": "1000",
            "umol/mL": "1",
            "umol/dL": "1/100",
        },
    ),
    "mol.s-1.m-3": (
        "catalytic activity in a volume",
        {
            "U/L": "1/60000",
            "U/mL": "1/60",
            "kU/L": "1/60",
            "mU/L": "1/60000000",
            "mU/mL": "1/60000",
            "kat/L": "1000",
            "ukat/L": "1/1000",
            "nkat/L": "1/1000000",
        },
    ),
    "[iU]": (
        "international units of a substance",
        {
            "[iU]": "1",
            "k[iU]": "1000",
            "10*6.[iU]": "1000000",
        },
    ),
    "[iU].m-3": (
        "international units of a substance in a volume",
        {
            "[iU]/L": "1000",
            "[iU]/mL": "1000000",
            "k[iU]/L": "1000000",
            "m[iU]/mL": "1000",
            "m[iU]/L": "1",
        },
    ),
    "[iU].s-1": (
        "international units of a substance in a time",
        {
            "[iU]/d": "1/86400",
            "k[iU]/d": "5/432",
            "[iU]/wk": "1/604800",
            "[iU]/h": "1/3600",
        },
    ),
    "[iU].body-1": (
        "international units of a substance per body mass",
        {
            "[iU]/kg": "1/1000",
        },
    ),
    "[iU].body-1.s-1": (
        "international units of a substance per body mass in a time",
        {
            "[iU]/kg/d": "1/86400000",
        },
    ),
    "[GPL'U].m-3": (
        "units of IgG antibodies to phospholipids in a volume",
        {
            "[GPL'U]/mL": "1000000",
            "[GPL'U]/L": "1000",
        },
    ),
    "[MPL'U].m-3": (
        "units of IgM antibodies to phospholipids in a volume",
        {
            "[MPL'U]/mL": "1000000",
            "[MPL'U]/L": "1000",
        },
    ),
    "g.s-1": (
        "mass in a time (a dose rate)",
        {
            "g/d": "1/86400",
            "mg/d": "1/86400000",
            "ug/d": "1/86400000000",
            "mg/h": "1/3600000",
            "mg/wk": "1/604800000",
            "g/wk": "1/604800",
        },
    ),
    "g.body-1": (
        "mass per body mass",
        {
            "g/kg": "1/1000",
            "mg/kg": "1/1000000",
            "ug/kg": "1/1000000000",
        },
    ),
    "g.body-1.s-1": (
        "mass per body mass in a time",
        {
            "g/kg/d": "1/86400000",
            "mg/kg/d": "1/86400000000",
            "ug/kg/d": "1/86400000000000",
            "mg/kg/wk": "1/604800000000",
        },
    ),
    "g.m-2": (
        "mass per area",
        {
            "mg/m2": "1/1000",
            "g/m2": "1",
            "kg/m2": "1000",
        },
    ),
    "g.m-2.s-1": (
        "mass per area in a time",
        {
            "mg/m2/d": "1/86400000",
            "g/m2/d": "1/86400",
        },
    ),
    "s-1": (
        "rates",
        {
            "/d": "1/86400",
            "/wk": "1/604800",
            "/h": "1/3600",
            "/min": "1/60",
        },
    ),
    "m3": (
        "volume",
        {
            "L": "1/1000",
            "dL": "1/10000",
            "mL": "1/1000000",
            "uL": "1/1000000000",
        },
    ),
    "m3.s-1": (
        "flow",
        {
            "mL/min": "1/60000000",
            "mL/h": "1/3600000000",
            "L/min": "1/60000",
            "L/h": "1/3600000",
            "mL/s": "1/1000000",
        },
    ),
    "m3.s-1.{1.73_m2}-1": (
        "flow indexed to body surface",
        {
            "mL/min/{1.73_m2}": "1/60000000",
            "mL/s/{1.73_m2}": "1/1000000",
        },
    ),
    "m": (
        "length",
        {
            "m": "1",
            "cm": "1/100",
            "mm": "1/1000",
            "[in_i]": "127/5000",
            "[ft_i]": "381/1250",
        },
    ),
    "m2": (
        "area",
        {
            "m2": "1",
            "cm2": "1/10000",
        },
    ),
    "g.m-1.s-2": (
        "pressure",
        {
            "Pa": "1000",
            "kPa": "1000000",
            "mm[Hg]": "133322",
        },
    ),
    "Cel": (
        "temperature",
        {
            "Cel": "1",
        },
    ),
    "s": (
        "time",
        {
            "s": "1",
            "min": "60",
            "h": "3600",
            "d": "86400",
            "wk": "604800",
        },
    ),
}

UNITS: Final[dict[str, tuple[str, Fraction]]] = {
    code: (dimension, Fraction(size))
    for dimension, (_, codes) in DIMENSIONS.items()
    for code, size in codes.items()
}
"""code → (dimension, exact size in base units)."""
