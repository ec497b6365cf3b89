"""Label checks: what looks wrong with the labels of a frame, why, where to look, and the edit that mends it.

``check`` keeps up with typing; ``deep_check`` fits again, for imports, exports and an idle moment.
"""

from annotator.checks.findings import Finding, Rule, Severity
from annotator.checks.mends import Mend, title
from annotator.checks.quick import check
from annotator.checks.search import deep_check
from annotator.checks.whole import behind_goal, goal_in_front

__all__ = ["Finding", "Mend", "Rule", "Severity", "behind_goal", "check", "deep_check", "goal_in_front", "title"]
