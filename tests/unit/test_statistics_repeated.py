"""Covariance structures, the repeated-measures likelihood and its inference, against direct computation."""

import math

import numpy as np
import pytest

from trialist import statistics as st
from trialist.statistics.covariance import structure
from trialist.statistics.likelihood import slopes_of
from trialist.statistics.repeated import _problem

NAMES = ["us", "cs", "csh", "toep", "toeph", "ar1", "ar1h", "ad", "adh", "spexp", "spgau"]
SIGMA = np.array([[1.0, 0.5, 0.3, 0.2], [0.5, 1.4, 0.6, 0.4], [0.3, 0.6, 2.0, 0.9], [0.2, 0.4, 0.9, 2.5]])


def trial(n=40, seed=3, missing=0.15, visits=4):
    rng = np.random.default_rng(seed)
    outcomes = rng.multivariate_normal(np.zeros(visits), SIGMA[:visits, :visits], n)
    kept = rng.random((n, visits)) > missing
    kept[:, 0] = True
    who, visit = np.nonzero(kept)
    arm = (np.arange(n) % 2).astype(float)
    y = outcomes[kept] + 0.5 * arm[who] * visit
    design = np.zeros((len(y), 2 * visits))
    design[np.arange(len(y)), visit] = 1
    design[np.arange(len(y)), visits + visit] = arm[who]
    return y, design, who, visit, arm


def parameters(name, visits=4):
    form = structure(name, visits)
    return form, form.start(SIGMA[:visits, :visits]) * np.linspace(
        0.97, 1.03, len(form.start(SIGMA[:visits, :visits]))
    )


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_agree_with_differences(name):
    form, psi = parameters(name)
    places = np.array([0.0, 0.7, 2.0, 3.1]) if form.spatial else np.arange(4.0)
    _, first, second = form.pieces(psi, places)
    step = 1e-6
    for k in range(len(psi)):
        ahead, behind = (form.pieces(psi + sign * step * np.eye(len(psi))[k], places) for sign in (1, -1))
        assert (ahead[0] - behind[0]) / (2 * step) == pytest.approx(first[k], abs=1e-7)
        assert (ahead[1] - behind[1]) / (2 * step) == pytest.approx(second[k], abs=1e-6)


def test_structures_have_the_shapes_of_their_names():
    _, psi = parameters("ar1")
    assert structure("ar1", 4).pieces(psi, np.arange(4.0))[0][0] == pytest.approx(
        psi[0] * psi[1] ** np.arange(4)
    )
    form, psi = parameters("adh")
    sigma = form.pieces(psi, np.arange(4.0))[0]
    correlation = sigma / np.sqrt(np.outer(np.diag(sigma), np.diag(sigma)))
    assert correlation[0, 3] == pytest.approx(psi[4] * psi[5] * psi[6])
    assert np.diag(sigma) == pytest.approx(psi[:4])
    sigma = structure("toep", 4).pieces(np.array([2.0, 1.0, 0.5, 0.25]), np.arange(4.0))[0]
    assert sigma[0].tolist() == [2.0, 1.0, 0.5, 0.25]
    assert structure("us", 4).start(SIGMA) == pytest.approx(SIGMA[np.tril_indices(4)])
    with pytest.raises(st.StatisticsRefusal, match="no covariance structure"):
        structure("vc", 4)


def direct(problem_rows, sigma, criterion):
    """-2 log-likelihood by one dense matrix, in the least clever way."""
    y, x, who, visit = problem_rows
    v = np.where(who[:, None] == who[None, :], sigma[np.ix_(visit, visit)], 0.0)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    residual = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
    value = np.linalg.slogdet(v)[1] + residual @ inverse @ residual
    if criterion == "REML":
        return value + np.linalg.slogdet(information)[1] + (len(y) - x.shape[1]) * math.log(2 * math.pi)
    return value + len(y) * math.log(2 * math.pi)


@pytest.mark.parametrize("criterion", ["REML", "ML"])
@pytest.mark.parametrize("name", ["us", "toeph", "adh", "cs"])
def test_the_likelihood_is_the_dense_one(name, criterion):
    y, x, who, visit, _ = trial()
    fit = st.fit_mmrm(y, x, who.tolist(), visit.tolist(), covariance=name, criterion=criterion)
    sigma = fit.sigma[None]
    assert fit.minus2_log_likelihood == pytest.approx(direct((y, x, who, visit), sigma, criterion), abs=1e-8)
    for shift in (0.98, 1.02):
        assert direct((y, x, who, visit), sigma * shift, criterion) > fit.minus2_log_likelihood


@pytest.mark.parametrize("criterion", ["REML", "ML"])
@pytest.mark.parametrize("name", ["us", "csh", "toep", "ar1h", "ad"])
def test_gradient_and_hessian_agree_with_differences(name, criterion):
    y, x, who, visit, arm = trial(24)
    group = arm[who].tolist() if name == "csh" else None
    problem, psi, _ = _problem(y, x, who.tolist(), visit.tolist(), (name, criterion, group, None, None))
    slopes = slopes_of(problem, problem.moments(psi))
    step, unit = 1e-5, np.eye(len(psi))
    gradient = [(problem.value(psi + step * e) - problem.value(psi - step * e)) / (2 * step) for e in unit]
    assert slopes.gradient == pytest.approx(np.array(gradient), rel=1e-5, abs=1e-5)
    beyond = [
        (
            slopes_of(problem, problem.moments(psi + step * e)).gradient
            - slopes_of(problem, problem.moments(psi - step * e)).gradient
        )
        / (2 * step)
        for e in unit
    ]
    assert slopes.hessian == pytest.approx(np.array(beyond), rel=1e-5, abs=1e-4)


def test_balanced_compound_symmetry_is_the_classical_analysis():
    rng = np.random.default_rng(1)
    outcomes = rng.normal(size=(12, 3)) + rng.normal(size=(12, 1))
    y, who, visit = outcomes.ravel(), np.repeat(np.arange(12), 3), np.tile(np.arange(3), 12)
    design = np.column_stack([np.ones(36), visit == 1, visit == 2]).astype(float)
    fit = st.fit_mmrm(y, design, who.tolist(), visit.tolist(), covariance="cs")
    error = outcomes - outcomes.mean(1, keepdims=True) - outcomes.mean(0) + outcomes.mean()
    mean_square = (error**2).sum() / 22
    effect = fit.effect([0, 1, 0])
    assert effect.se == pytest.approx(math.sqrt(2 * mean_square / 12))
    assert effect.df == pytest.approx(22, rel=1e-6)
    rows = np.array([[0, 1, 0], [0, 0, 1]])
    treatment = 12 * ((outcomes.mean(0) - outcomes.mean()) ** 2).sum() / 2
    for degrees in ("satterthwaite", "kenward-roger", "kenward-roger-linear"):
        test = fit.f_test(rows, degrees)
        assert test.statistic == pytest.approx(treatment / mean_square, rel=1e-6)
        assert test.df == pytest.approx(22, rel=1e-5)


def test_one_visit_is_analysis_of_covariance():
    rng = np.random.default_rng(4)
    x, arm = rng.normal(size=30), (np.arange(30) % 2).astype(float)
    y = 1 + arm + 0.5 * x + rng.normal(size=30)
    plain = st.ancova(y, arm, x[:, None])
    fit = st.fit_mmrm(y, np.column_stack([np.ones(30), arm, x]), list(range(30)), [1] * 30)
    for degrees in ("satterthwaite", "kenward-roger-linear"):
        effect = fit.effect([0, 1, 0], degrees)
        assert (effect.estimate, effect.se, effect.df) == pytest.approx(
            (plain.estimate, plain.se, 27), rel=1e-6
        )
    assert fit.effect([0, 1, 0], "residual").df == 27


def test_fai_and_cornelius_add_independent_t_statistics():
    # Of t statistics with ν degrees of freedom, E = Σ ν/(ν - 2), the F of q has 2E/(E - q).
    y, x, who, visit, _ = trial(16, missing=0.3)
    fit = st.fit_mmrm(y, x, who.tolist(), visit.tolist())
    rows = np.eye(8)[[4, 7]]
    a, b, d = fit.covariance[4, 4], fit.covariance[4, 7], fit.covariance[7, 7]
    turn = math.atan2(2 * b, a - d) / 2  # by which the two contrasts become uncorrelated
    turned = [
        fit.effect(math.cos(turn) * rows[0] + math.sin(turn) * rows[1]),
        fit.effect(-math.sin(turn) * rows[0] + math.cos(turn) * rows[1]),
    ]
    expected = sum(one.df / (one.df - 2) for one in turned)
    found = fit.f_test(rows)
    assert found.statistic == pytest.approx(sum(one.t**2 for one in turned) / 2)
    assert found.df == pytest.approx(2 * expected / (expected - 2))
    other = fit.f_test(rows, "kenward-roger")
    assert other.statistic < found.statistic * (1 - 1e-4)
    assert other.method == "F, kenward-roger"


def test_separate_groups_add_their_likelihoods():
    y, x, who, visit, arm = trial(40)
    ours = np.column_stack([x[:, :4] * (arm[who] == a)[:, None] for a in (0, 1)])
    both = st.fit_mmrm(y, ours, who.tolist(), visit.tolist(), covariance="ar1h", group=arm[who].tolist())
    alone = [
        st.fit_mmrm(
            y[arm[who] == a],
            x[arm[who] == a, :4],
            who[arm[who] == a].tolist(),
            visit[arm[who] == a].tolist(),
            covariance="ar1h",
        )
        for a in (0.0, 1.0)
    ]
    assert both.minus2_log_likelihood == pytest.approx(
        sum(fit.minus2_log_likelihood for fit in alone), abs=1e-7
    )
    assert both.sigma[1.0] == pytest.approx(alone[1].sigma[None], rel=1e-4)
    assert len(both.parameters) == 10


def test_weights_scale_the_variance_and_equal_ones_change_no_estimate():
    y, x, who, visit, _ = trial(30)
    plain = st.fit_mmrm(y, x, who.tolist(), visit.tolist())
    double = st.fit_mmrm(y, x, who.tolist(), visit.tolist(), weights=np.full(len(y), 2.0))
    assert double.minus2_log_likelihood == pytest.approx(plain.minus2_log_likelihood, abs=1e-6)
    assert double.coefficients == pytest.approx(plain.coefficients, rel=1e-6)
    assert double.sigma[None] == pytest.approx(2 * plain.sigma[None], rel=1e-5)


def test_information_criteria_count_as_sas_does():
    y, x, who, visit, _ = trial(30)
    reml = st.fit_mmrm(y, x, who.tolist(), visit.tolist())
    assert reml.aic - reml.minus2_log_likelihood == 20
    assert reml.bic - reml.minus2_log_likelihood == pytest.approx(10 * math.log(30))
    ml = st.fit_mmrm(y, x, who.tolist(), visit.tolist(), criterion="ML")
    assert ml.aic - ml.minus2_log_likelihood == 36


def test_equally_spaced_exponential_is_autoregressive():
    y, x, who, visit, _ = trial(30)
    spatial = st.fit_mmrm(y, x, who.tolist(), visit.tolist(), covariance="spexp", coordinates=2.0 * visit)
    ar1 = st.fit_mmrm(y, x, who.tolist(), visit.tolist(), covariance="ar1")
    assert spatial.minus2_log_likelihood == pytest.approx(ar1.minus2_log_likelihood, abs=1e-7)
    assert math.exp(-2 / spatial.parameters[1]) == pytest.approx(ar1.parameters[1], rel=1e-4)
    assert spatial.sigma == {None: None}


def test_stopping_where_sas_does_is_near_the_optimum_and_not_below_it():
    y, x, who, visit, _ = trial(60)
    best = st.fit_mmrm(y, x, who.tolist(), visit.tolist())
    listed = st.fit_mmrm(y, x, who.tolist(), visit.tolist(), as_sas=True)
    assert 0 <= listed.minus2_log_likelihood - best.minus2_log_likelihood < 1e-4


def test_what_cannot_be_fitted_is_refused():
    y, x, who, visit, _ = trial(20)
    people, visits = who.tolist(), visit.tolist()
    cases = {
        "collinear": (y, np.column_stack([x, x[:, 0]]), people, visits),
        "duplicate_visit": (y, x, people, [0] * len(y)),
        "too_few_values": (np.append(y[1:], np.nan), x, people, visits),
    }
    for code, arguments in cases.items():
        with pytest.raises(st.StatisticsRefusal) as refusal:
            st.fit_mmrm(*arguments)
        assert refusal.value.code == f"statistics.{code}"


def test_a_row_without_weight_is_refused():
    y, x, who, visit, _ = trial(20)
    with pytest.raises(st.StatisticsRefusal, match="weights are positive"):
        st.fit_mmrm(y, x, who.tolist(), visit.tolist(), weights=np.zeros(len(y)))


def test_the_chain_falls_back_and_says_why():
    y, x, who, visit, _ = trial(40)
    chosen = st.fit_mmrm_chain(y, x, who.tolist(), visit.tolist())
    assert (chosen.fit.structure, chosen.reasons) == ("us", ())
    apart = np.where(
        who < 20, visit < 2, (visit == 1) | (visit == 2)
    )  # nobody has the first and the third visit
    rows = [y[apart], x[apart][:, [0, 1, 2, 4, 5, 6]], who[apart].tolist(), visit[apart].tolist()]
    chosen = st.fit_mmrm_chain(*rows, chain=("us", "cs"))
    assert chosen.fit.structure == "cs"
    assert [name for name, _ in chosen.reasons] == ["us"]
    with pytest.raises(st.StatisticsRefusal, match="no covariance of the chain"):
        st.fit_mmrm_chain(*rows, chain=("us",))


@pytest.mark.parametrize("name", ["csh", "ar1h", "toep", "ad"])
def test_kenward_and_rogers_covariance_is_that_of_their_paper(name):
    # Kenward and Roger (1997), Biometrics 53:983-997: Φ + 2Φ{Σ W(Q - PΦP - R/4)}Φ, by dense matrices and differences.
    y, x, who, visit, _ = trial(14, visits=3)
    fit = st.fit_mmrm(y, x, who.tolist(), visit.tolist(), covariance=name)
    form, psi, step = structure(name, 3), fit.parameters, 1e-4
    unit = step * np.eye(len(psi))

    def dense(parameters):
        sigma = form.pieces(parameters, np.arange(3.0))[0]
        return np.where(who[:, None] == who[None, :], sigma[np.ix_(visit, visit)], 0.0)

    def value(parameters):
        return direct((y, x, who, visit), form.pieces(parameters, np.arange(3.0))[0], "REML")

    def second(f, a, b):
        return (f(psi + a + b) - f(psi + a - b) - f(psi - a + b) + f(psi - a - b)) / (4 * step**2)

    inverse = np.linalg.inv(dense(psi))
    left = x.T @ inverse
    phi = np.linalg.inv(left @ x)
    w = 2 * np.linalg.inv([[second(value, a, b) for b in unit] for a in unit])
    first = [(dense(psi + e) - dense(psi - e)) / (2 * step) for e in unit]
    middle = [np.zeros_like(phi), np.zeros_like(phi)]
    for i, a in enumerate(unit):
        for j, b in enumerate(unit):
            p = [-left @ first[k] @ left.T for k in (i, j)]
            spent = left @ first[i] @ inverse @ first[j] @ left.T - p[0] @ phi @ p[1]
            middle[0] += w[i, j] * spent
            middle[1] += w[i, j] * (spent - left @ second(dense, a, b) @ left.T / 4)
    for degrees, inner in zip(("kenward-roger-linear", "kenward-roger"), middle, strict=True):
        assert fit.vcov(degrees) == pytest.approx(phi + 2 * phi @ inner @ phi, rel=1e-4, abs=1e-6)
