"""The one description of a run, for the form, the command line and the run folder alike.

Lengths of time are in seconds, rates in hertz, sizes in tokens or clips as the fields say.
"""

from core.config.data import JOINT, DataConfig, folder_list, part_roots
from core.config.decoding import DecodingConfig
from core.config.model import ModelConfig
from core.config.objectives import (
    OBJECTIVE_CONFIGS,
    AudioTextMatchingConfig,
    AudioTextNTXentConfig,
    CaptionNTXentConfig,
    CaptionProxyConfig,
    ObjectiveConfig,
    ObjectiveSchedule,
)
from core.config.optimizer import OptimizerConfig
from core.config.parsing import (
    Problem,
    allowed_range,
    describe_problems,
    field_info,
    load_config,
    parse_config,
    replace_fields,
    save_config,
)
from core.config.run import SCHEMA_VERSION, RunConfig
from core.config.section import Section
from core.config.training import TrainingConfig
from core.config.validation import ValidationConfig

__all__ = [
    "JOINT",
    "OBJECTIVE_CONFIGS",
    "SCHEMA_VERSION",
    "AudioTextMatchingConfig",
    "AudioTextNTXentConfig",
    "CaptionNTXentConfig",
    "CaptionProxyConfig",
    "DataConfig",
    "DecodingConfig",
    "ModelConfig",
    "ObjectiveConfig",
    "ObjectiveSchedule",
    "OptimizerConfig",
    "Problem",
    "RunConfig",
    "Section",
    "TrainingConfig",
    "ValidationConfig",
    "allowed_range",
    "describe_problems",
    "field_info",
    "folder_list",
    "load_config",
    "parse_config",
    "part_roots",
    "replace_fields",
    "save_config",
]
