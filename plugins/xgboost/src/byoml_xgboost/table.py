"""Every hyperparameter of the built-in algorithm, as data (contract/inference 5.2)."""

from __future__ import annotations

from byoml.plugin.kinds import Choice, Kind, Listed, Number, Truth, Whole

from byoml_xgboost.kinds import Constraints, Monotone, Numbers, TuningMetric
from byoml_xgboost.measures import MEASURES

__all__ = ["ALIASES", "ALLOWED", "MAXIMIZED", "OURS", "THRESHOLDS", "WITHOUT_EFFECT"]

_FROM_0 = Number("[0, inf)")
_SHARE = Number("(0, 1]")
_ZERO_TO_ONE = Number("[0, 1]")

ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}

_OBJECTIVES = (
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "reg:linear",
    "reg:squarederror",
    "reg:logistic",
    "reg:gamma",
    "reg:pseudohubererror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:tweedie",
    "reg:quantileerror",
    "survival:aft",
    "survival:cox",
)
_METRICS = (
    "aft-nloglik",
    "ams",
    "auc",
    "aucpr",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "map",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "ndcg",
    "poisson-nloglik",
    "pre",
    "quantile",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
)
#: Metrics that may be given a number: `error@0.4`, `ndcg@10`.
THRESHOLDS = ("ams", "error", "map", "ndcg", "pre")
#: XGBoost's own metrics of which more is better; of ours `measures` says it.
MAXIMIZED = frozenset({"ams", "auc", "aucpr", "interval-regression-accuracy", "map", "ndcg", "pre"})
_UPDATERS = (
    "grow_colmaker",
    "grow_histmaker",
    "grow_quantile_histmaker",
    "sync",
    "refresh",
    "prune",
    "shotgun",
    "coord_descent",
)

#: What the program itself acts on.
OURS: dict[str, Kind] = {
    "num_round": Whole(1),
    "early_stopping_rounds": Whole(1),
    "csv_weights": Whole(0, 1),
    "eval_metric": Listed((*_METRICS, *MEASURES), THRESHOLDS),
    "_tuning_objective_metric": TuningMetric(Listed((*_METRICS, *MEASURES), THRESHOLDS)),
    "_kfold": Whole(2),
    "_num_cv_round": Whole(1),
    "save_model_on_termination": Truth(),
    "use_dask_gpu_training": Truth(),
}

#: What AWS's container takes and today's XGBoost no longer knows: checked, and told to be without effect.
WITHOUT_EFFECT: dict[str, Kind] = {
    "sketch_eps": Number("(0, 1)"),
    "dsplit": Choice(("row", "col")),
    "predictor": Choice(("auto", "cpu_predictor", "gpu_predictor")),
    "lambda_bias": _ZERO_TO_ONE,
    "prob_buffer_row": Number("(1, inf)"),
    "deterministic_histogram": Truth(),
    "single_precision_histogram": Truth(),
}

#: What is handed to XGBoost.
ALLOWED: dict[str, Kind] = {
    "booster": Choice(("gbtree", "gblinear", "dart")),
    "verbosity": Whole(0, 3),
    "nthread": Whole(1),
    "device": Choice(("cpu", "cuda")),
    "eta": _ZERO_TO_ONE,
    "gamma": _FROM_0,
    "max_depth": Whole(0),
    "min_child_weight": _FROM_0,
    "max_delta_step": _FROM_0,
    "subsample": _SHARE,
    "colsample_bytree": _SHARE,
    "colsample_bylevel": _SHARE,
    "colsample_bynode": _SHARE,
    "lambda": _FROM_0,
    "alpha": _FROM_0,
    "tree_method": Choice(("auto", "exact", "approx", "hist", "gpu_hist")),
    "scale_pos_weight": Number("(0, inf)"),
    "updater": Listed(_UPDATERS),
    "refresh_leaf": Whole(0, 1),
    "process_type": Choice(("default", "update")),
    "grow_policy": Choice(("depthwise", "lossguide")),
    "max_leaves": Whole(0),
    "max_bin": Whole(2),
    "max_cached_hist_node": Whole(1),
    "max_cat_to_onehot": Whole(1),
    "max_cat_threshold": Whole(1),
    "multi_strategy": Choice(("one_output_per_tree", "multi_output_tree")),
    "monotone_constraints": Monotone(),
    "interaction_constraints": Constraints(),
    "sample_type": Choice(("uniform", "weighted")),
    "normalize_type": Choice(("tree", "forest")),
    "rate_drop": _ZERO_TO_ONE,
    "skip_drop": _ZERO_TO_ONE,
    "one_drop": Whole(0, 1),
    "feature_selector": Choice(("cyclic", "shuffle", "random", "greedy", "thrifty")),
    "top_k": Whole(0),
    "tweedie_variance_power": Number("(1, 2)"),
    "quantile_alpha": Numbers(Number("(0, 1)")),
    "huber_slope": Number("(0, inf)"),
    "objective": Choice(_OBJECTIVES),
    "num_class": Whole(2),
    "base_score": Number("(-inf, inf)"),
    "seed": Whole(-(2**31) + 1, 2**31 - 2),
    "seed_per_iteration": Truth(),
    "num_parallel_tree": Whole(1),
    "sampling_method": Choice(("uniform", "gradient_based")),
    "aft_loss_distribution": Choice(("normal", "logistic", "extreme")),
    "aft_loss_distribution_scale": _FROM_0,
    "lambdarank_pair_method": Choice(("mean", "topk")),
    "lambdarank_num_pair_per_sample": Whole(1),
    "lambdarank_normalization": Truth(),
    "lambdarank_score_normalization": Truth(),
    "lambdarank_unbiased": Truth(),
    "lambdarank_bias_norm": _FROM_0,
    "ndcg_exp_gain": Truth(),
}
