"""The dictionary of the reference study, in so far as its criteria name it (readings: marked assumed there)."""

from dataclasses import replace
from fractions import Fraction

from trialist.criteria.dictionary import (
    Analyte,
    Dictionary,
    Endpoint,
    Equivalence,
    Group,
    Item,
    Label,
    Substance,
    Time,
)
from trialist.criteria.parser import parse
from trialist.quantity.units import Quantity


def label(name):
    return Label(name.replace("_", " "))


def same(left, right):
    return Quantity.parse(left), Quantity.parse(right)


ANTIBODIES = ("lupus_anticoagulant", "acl_igg", "acl_igm", "ab2gp1_igg", "ab2gp1_igm")
THROMBOPOIETIC = ("rhtpo", "eltrombopag", "avatrombopag", "hetrombopag", "romiplostim", "rhil11")
IMMUNOSUPPRESSANT = [
    "azathioprine",
    "mycophenolate",
    "cyclosporine",
    "tacrolimus",
    "cyclophosphamide",
    "methotrexate",
    "leflunomide",
    "sirolimus",
    "everolimus",
    "iguratimod",
    "tripterygium",
    "tofacitinib",
]
ANTITHROMBOTIC = ("aspirin", "clopidogrel", "warfarin", "rivaroxaban", "heparin")
OTHERS = [
    "hydroxychloroquine",
    "ivig",
    "platelet_transfusion",
    "danazol",
    "caffeic_acid",
    "belimumab",
    "telitacicept",
    "rituximab",
    "obinutuzumab",
    "amoxicillin",
    "ceftriaxone",
    "atorvastatin",
]
PREDNISONE = {"prednisone": "5", "prednisolone": "5", "methylprednisolone": "4", "dexamethasone": "0.75"}
UNITS = {"ivig": "g/kg", "heparin": "[iU]/d", "rhtpo": "[iU]/d", "platelet_transfusion": "/d"}


def substance(name):
    worth = {"prednisone_equivalent": Fraction(PREDNISONE[name])} if name in PREDNISONE else {}
    return Substance(label(name), UNITS.get(name, "mg/d"), worth)


def words():
    """Analytes, drugs, conditions and the rest, under the names of the study."""
    antibody = {
        name: Analyte(
            Label(english), "[GPL'U]/mL" if name.endswith("igg") else "[MPL'U]/mL", positive_from=Fraction(40)
        )
        for name, english in {
            "acl_igg": "anticardiolipin IgG",
            "acl_igm": "anticardiolipin IgM",
            "ab2gp1_igg": "anti-β2GPI IgG",
            "ab2gp1_igm": "anti-β2GPI IgM",
        }.items()
    }
    chemistry = {
        "platelets": Analyte(Label("platelet count", "血小板计数"), "10*9/L"),
        "wbc": Analyte(Label("white cell count", "白细胞计数"), "10*9/L"),
        "hemoglobin": Analyte(Label("hemoglobin", "血红蛋白"), "g/L"),
        "alt": Analyte(Label("ALT", "谷丙转氨酶"), "U/L"),
        "ast": Analyte(Label("AST", "谷草转氨酶"), "U/L"),
        "creatinine": Analyte(Label("creatinine", "肌酐"), "umol/L", same("1 mg/dL", "88.42 umol/L")),
        "ldl": Analyte(
            Label("LDL cholesterol", "低密度脂蛋白胆固醇"), "mmol/L", same("1 mmol/L", "38.67 mg/dL")
        ),
        "triglycerides": Analyte(
            Label("triglycerides", "甘油三酯"), "mmol/L", same("1 mmol/L", "88.57 mg/dL")
        ),
        "inr": Analyte(Label("INR"), "{INR}"),
        "weight": Analyte(Label("body weight", "体重"), "kg"),
        "height": Analyte(Label("height", "身高"), "cm"),
    }
    substances = [*PREDNISONE, *THROMBOPOIETIC, *IMMUNOSUPPRESSANT, *ANTITHROMBOTIC, *OTHERS]
    plain = Dictionary(
        analytes=chemistry
        | antibody
        | {"lupus_anticoagulant": Analyte(Label("lupus anticoagulant", "狼疮抗凝物"), "1")},
        groups={"apl": Group(Label("antiphospholipid antibody", "抗磷脂抗体"), ANTIBODIES)},
        substances={name: substance(name) for name in substances},
        classes={
            "thrombopoietic": Group(
                Label("thrombopoietin or receptor agonist", "促血小板生成素或其受体激动剂"), THROMBOPOIETIC
            ),
            "immunosuppressant": Group(Label("immunosuppressant", "免疫抑制剂"), tuple(IMMUNOSUPPRESSANT)),
            "bcell_inhibitor": Group(Label("B-cell inhibitor", "B细胞抑制剂"), ("belimumab", "telitacicept")),
            "bcell_depletion": Group(
                Label("B-cell depletion", "B细胞清除治疗"), ("rituximab", "obinutuzumab")
            ),
            "antibiotic": Group(Label("antibiotic", "抗生素"), ("amoxicillin", "ceftriaxone")),
            "antithrombotic": Group(Label("antithrombotic", "抗栓药物"), ANTITHROMBOTIC),
            "anticoagulant_interfering": Group(
                Label("direct anticoagulant or heparin", "直接口服抗凝药或肝素"), ("rivaroxaban", "heparin")
            ),
            "antagonist": Group(Label("thrombopoietin receptor antagonist"), ()),
        },
        equivalences={
            "prednisone_equivalent": Equivalence(
                Label("prednisone equivalent", "泼尼松等效剂量"), Fraction(5), "mg/d"
            )
        },
        conditions={
            "other_ctd": Label("other connective tissue disease", "其他结缔组织病"),
            "thrombosis": Label("thrombosis", "血栓形成"),
            "infection": Label("infection", "感染"),
            "pregnancy": Label("pregnancy", "妊娠"),
            "delivery": Label("delivery", "分娩"),
        },
        attestations={
            "other_ctd": Label("other connective tissue disease", "其他结缔组织病"),
            "bleeding_tendency": Label("apparent bleeding tendency", "明显出血倾向"),
            "life_threatening": Label("life- or organ-threatening manifestation", "危及生命或器官的表现"),
            "active_infection": Label("active infection", "活动性感染"),
        },
        times={"baseline": Time(Label("baseline", "基线")), "M6": Time(Label("month 6", "第6个月"))},
        anchors={"first_dose": Label("first dose", "首次用药"), "consent": Label("consent", "知情同意")},
        items={
            "platelets": Item(Label("platelets"), "number", "10*9/L", "platelets"),
            "onset": Item(Label("onset"), "date"),
            "resolved": Item(Label("resolved"), "date"),
            "serious": Item(Label("serious"), "truth"),
            "outcome": Item(Label("outcome"), "code", codes=("recovered", "fatal")),
        },
    )
    return with_rules(plain)


def with_rules(plain):
    """The same, with the rules that some words carry."""
    at_draw = "latest(inr, within='0 d') >= 1.5 or given(anticoagulant_interfering, within='0 d')"
    lupus = replace(plain.analytes["lupus_anticoagulant"], invalid_when=parse(at_draw, plain))
    transfused = parse("given(platelet_transfusion, within='7 d')", plain)
    plain = replace(
        plain,
        analytes={**plain.analytes, "lupus_anticoagulant": lupus},
        times={name: replace(time, invalid_when=transfused) for name, time in plain.times.items()},
    )
    complete = parse("at('M6', platelets) > '100 10*9/L'", plain)
    return replace(
        plain, endpoints={"complete_response": Endpoint(Label("complete response", "完全缓解"), complete)}
    )


WORDS = words()

CRITERIA = {
    "AGE": "age >= '18 a'",
    "I1": "repeated(positive(apl), apart='12 wk')",
    "I2": "persisted(platelets, between=('30 10*9/L', '100 10*9/L'), for_='2 wk')",
    "I3": "dose(prednisone_equivalent) < '10 mg/d' and stable(prednisone_equivalent, for_='2 wk')",
    "I4": "dose(hydroxychloroquine) < '400 mg/d' and stable(hydroxychloroquine, for_='1 mo')",
    "I5": "stable(antithrombotic, for_='1 wk')",
    "E1": "attested(other_ctd) or ongoing(other_ctd)",
    "E2": "given(thrombopoietic, within='2 wk') or given(ivig, within='1 mo') "
    "or given(immunosuppressant, within='3 mo') or given(bcell_inhibitor, within='3 mo') "
    "or given(bcell_depletion, within='6 mo')",
    "E3": "given(antibiotic, within='2 wk')",
    "E4": "has(thrombosis, within='4 wk')",
    "E5": "attested(bleeding_tendency)",
    "E6": "attested(life_threatening)",
    "E7": "latest(alt, within='28 d') > 3 * upper_limit(alt, within='28 d') "
    "or latest(ast, within='28 d') > 3 * upper_limit(ast, within='28 d') "
    "or egfr(formula='CKD-EPI 2021', within='28 d') < '40 mL/min/{1.73_m2}'",
    "E8": "latest(wbc, within='28 d') < '3.0 10*9/L' or latest(hemoglobin, within='28 d') < '100 g/L'",
    "E9": "latest(ldl, within='28 d') > '3.1 mmol/L' or latest(triglycerides, within='28 d') > '2.3 mmol/L'",
    "E10": "attested(active_infection) or ongoing(infection)",
    "E11": "sex == 'F' and (ongoing(pregnancy) or has(delivery, within='42 d'))",
}
