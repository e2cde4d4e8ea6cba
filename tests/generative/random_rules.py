"""Random rules, well typed, over the words of the manual; `random` is any source of choices."""

from trialist.criteria import nodes, parse

ANALYTES = ("platelets", "alt", "creatinine", "ldl", "inr", "acl_igg")
BOUNDS = {
    "platelets": ("30 10*9/L", "50 10*3/uL", "100 10*9/L", "100000 /mm3"),
    "alt": ("40 U/L", "120 U/L", "2 ukat/L"),
    "creatinine": ("88.42 umol/L", "1 mg/dL", "3 mg/dL"),
    "ldl": ("3.1 mmol/L", "120 mg/dL"),
    "inr": ("1.5", "2"),
    "acl_igg": ("40 [GPL'U]/mL", "20 [GPL'U]/mL"),
}
POSITIVES = ("apl", "acl_igg", "lupus_anticoagulant", "ab2gp1_igm")
DRUGS = (
    "prednisone",
    "prednisone_equivalent",
    "antithrombotic",
    "ivig",
    "thrombopoietic",
    "immunosuppressant",
)
DOSED = ("prednisone", "prednisone_equivalent", "immunosuppressant")
SPANS = ("7 d", "2 wk", "14 d", "28 d", "30 d", "1 mo", "3 mo", "6 mo", "1 a")
CONDITIONS = ("thrombosis", "pregnancy", "other_ctd")
COMPARATORS = ("<", "<=", ">", ">=", "==", "!=")
FORMULAS = ("CKD-EPI 2021", "CKD-EPI 2009", "MDRD")


COUNTED = ("latest(platelets, within='1 mo')", "platelets")
"""What people have most of, so that its ties, units and window ends show."""


class Rules:
    """A source of rules. Operations that read records come from a pool, so that many rules share them."""

    def __init__(self, random, dictionary, pool=60):
        self.random, self.dictionary = random, dictionary
        self.truths = [self._reading(kind) for kind in self._kinds(TRUTHS, pool // 2)]
        self.numbers = [COUNTED, *(self._number(kind) for kind in self._kinds(NUMBERS, pool - pool // 2))]

    def _kinds(self, table, size):
        """Every kind at least once, then any."""
        return [*table, *(self.random.choice(table) for _ in range(max(0, size - len(table))))]

    def pick(self, *choices):
        return self.random.choice(choices)

    def rule(self, depth=3):
        """The text of a random rule."""
        if depth == 0:
            return self.pick(self.compared, self.read)()
        match self.pick("and", "or", "not", "compared", "read", "and", "or", "constant"):
            case "and" | "or" as word:
                parts = [self.rule(self.random.randrange(depth)) for _ in range(self.pick(2, 2, 3))]
                return "(" + f" {word} ".join(parts) + ")"
            case "not":
                return f"(not {self.rule(self.random.randrange(depth))})"
            case "constant" if depth < 3:
                return self.pick("true", "false")
            case "compared":
                return self.compared()
            case _:
                return self.read()

    def node(self):
        """A random rule, parsed."""
        return parse(self.rule(), self.dictionary)

    def read(self):
        """A truth that records hold."""
        return self.pick(*self.truths)

    def compared(self):
        """Two values of one type beside each other."""
        comparator = self.pick(*COMPARATORS)
        match self.pick(
            "amount", "amount", "difference", "ratio", "factor", "factor", "converted", "sum", "code", "day"
        ):
            case "code":
                return f"sex {self.pick('==', '!=')} '{self.pick('F', 'M')}'"
            case "day":
                return f"age {comparator} '{self.pick(17, 18, 65)} a'"
            case "amount":
                text, analyte = self.pick(*self.numbers)
                return f"{text} {comparator} {self.amount(analyte)}"
            case "factor":
                one, two = self.alike()
                return f"{one} {comparator} {self.pick(2, 3, '-1', '0.5')} * {two}"
            case "ratio":
                one, two = self.alike()
                return f"{one} / {two} {comparator} {self.pick('1', '2', '0.5')}"
            case "converted":
                one, two = self.alike()
                return f"{one} * ({one} / {two}) {comparator} {two}"
            case "sum":
                one, two = self.alike()
                mean = self.pick(f"({one} + {two}) / 2", f"{one} + {two}")
                return f"{mean} {comparator} {one} - {two}"
            case _:
                one, two = self.alike()
                text, analyte = next(each for each in self.numbers if each[0] == one)
                return f"{one} - {two} {comparator} {self.amount(analyte)}"

    def alike(self):
        """Two numbers of one kind."""
        one = self.pick(*self.numbers)
        others = [each[0] for each in self.numbers if each[1] == one[1]]
        return one[0], self.pick(*others)

    def amount(self, analyte):
        match analyte:
            case "age":
                return f"'{self.pick(17, 18, 65)} a'"
            case "egfr":
                return f"'{self.pick(40, 60, 90)} mL/min/{{1.73_m2}}'"
            case "bmi":
                return f"'{self.pick(18, 25, 30)} kg/m2'"
            case "dose":
                return f"'{self.pick(0, 5, '7.5', 10)} mg/d'"
            case "inr":
                return self.pick(*BOUNDS["inr"])
            case _:
                bound = self.pick(*BOUNDS[analyte])
                return f'"{bound}"'

    # -- Operations --------------------------------------------------------------------------------------------

    def window(self, first=", "):
        match self.pick("within", "within", "since", "until", "both", "ever"):
            case "within":
                return f"{first}within='{self.pick(*SPANS)}'"
            case "since":
                return f"{first}since='{self.pick('first_dose', 'consent', '3 mo')}'"
            case "until":
                return f"{first}until='{self.pick('first_dose', '2 wk')}'"
            case "both":
                return (
                    f"{first}since='{self.pick('consent', '6 mo')}', until='{self.pick('first_dose', '7 d')}'"
                )
            case _:
                return ""

    def _number(self, kind):
        analyte = self.pick(*ANALYTES)
        match kind:
            case "latest":
                return f"latest({analyte}{self.window()})", analyte
            case "at":
                return f"at('M6', {analyte})", analyte
            case "baseline":
                return f"baseline({analyte})", analyte
            case "limit":
                return f"{self.pick('upper', 'lower')}_limit({analyte}{self.window()})", analyte
            case "egfr":
                return f"egfr(formula='{self.pick(*FORMULAS)}'{self.window()})", "egfr"
            case "bmi":
                return "bmi()", "bmi"
            case "age":
                return "age", "age"
            case _:
                return f"dose({self.pick(*DOSED)})", "dose"

    def _reading(self, kind):
        match kind:
            case "positive":
                where = self.pick(self.window(), self.window(), ", at='baseline'", ", at='M6'")
                return f"positive({self.pick(*POSITIVES)}{where})"
            case "repeated":
                same = self.pick("", ", same='any'", ", same='any'")
                apart = self.pick("12 wk", "1 mo", "0 d", "14 d")
                return f"repeated(positive({self.pick(*POSITIVES)}), apart='{apart}'{same})"
            case "persisted" | "two_counts":
                reading = ", reading='two_counts'" if kind == "two_counts" else ""
                return (
                    "persisted(platelets, between=('30 10*9/L', '100 10*9/L'), "
                    f"for_='{self.pick('2 wk', '1 mo', '7 d')}'{reading})"
                )
            case "stable":
                return f"stable({self.pick(*DRUGS)}, for_='{self.pick(*SPANS)}')"
            case "raised":
                since = self.pick("first_dose", "consent", "1 mo")
                how = f"by='{self.pick(5, '2.5')} mg/d', for_='{self.pick('7 d', '1 mo')}'"
                return f"raised({self.pick(*DOSED[:2])}, {how}, since='{since}')"
            case "given":
                taken = [drug for drug in DRUGS if drug != "prednisone_equivalent"]
                return f"given({self.pick(*taken)}{self.window()})"
            case "has":
                return f"has({self.pick(*CONDITIONS)}{self.window()})"
            case "ongoing":
                return f"ongoing({self.pick(*CONDITIONS)})"
            case "endpoint":
                return "endpoint('complete_response')"
            case _:
                return f"attested({self.pick('active_infection', 'bleeding_tendency')})"


TRUTHS = (
    "positive",
    "repeated",
    "persisted",
    "two_counts",
    "stable",
    "raised",
    "given",
    "given",
    "has",
    "ongoing",
    "attested",
    "endpoint",
)
NUMBERS = ("latest", "latest", "at", "baseline", "limit", "egfr", "bmi", "age", "dose")


def composed(rules):
    """One rule for each connective around each truth, each sign around each kind of number, each operation on two."""
    truths = {name(parse(text, rules.dictionary)): text for text in rules.truths}
    numbers = {}
    for text, of in rules.numbers:
        bounded = parse(f"{text} > {rules.amount(of)}", rules.dictionary)
        numbers.setdefault(name(bounded.left), (text, of))
    compared = {sign: f"{text} {sign} {rules.amount(of)}" for sign, (text, of) in _signs(numbers)}
    inner = [*truths.values(), *compared.values(), "true", "sex == 'F'"]
    inner += [f"({one} {word} {two})" for word in ("and", "or") for one, two in [tuple(truths.values())[:2]]]
    inner.append(f"(not {next(iter(truths.values()))})")
    fill = next(reversed(truths.values()))
    for one in inner:
        yield f"(not {one})"
        yield from (f"({one} {word} {fill})" for word in ("and", "or"))
    for text, of in numbers.values():
        for sign in COMPARATORS:
            yield f"{text} {sign} {rules.amount(of)}"
            yield f"{text} + {text} {sign} {rules.amount(of)}"
            yield f"{text} - {text} {sign} {rules.amount(of)}"
            yield f"{text} / {text} {sign} 1"
            yield f"{text} {sign} 2 * {text}"


def _signs(numbers):
    return zip(COMPARATORS, [*numbers.values()] * len(COMPARATORS), strict=False)


def operators(node):
    """The nested pairs of operations in a rule, by name."""
    for child in nodes.children(node):
        yield name(node), name(child)
        yield from operators(child)


def name(node):
    """What an operation is called; those with a sign by their sign."""
    match node:
        case nodes.Compare(sign, _, _) | nodes.Arithmetic(sign, _, _):
            return sign
        case _:
            return type(node).__name__.lower()
