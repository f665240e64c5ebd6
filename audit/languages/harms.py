"""Which harm a stereotype does in which domain of life.

Stereotyping is a harm of representation everywhere (Barocas et al. 2017; Blodgett et al. 2020,
https://aclanthology.org/2020.acl-main.485); where it guides a decision, it becomes a harm of allocation as well.
"""

from collections.abc import Mapping

REPRESENTATION = "stereotyping (harm of representation)"

HARMS: Mapping[str, str] = {
    "hiring": f"{REPRESENTATION}; loss of opportunity where it guides hiring (harm of allocation)",
    "lending": f"{REPRESENTATION}; economic loss where it guides credit, housing or benefits (harm of allocation)",
    "health": f"{REPRESENTATION}; worse treatment where it guides health care (harm of quality of service)",
    "schooling": f"{REPRESENTATION}; loss of opportunity where it guides education (harm of allocation)",
    "policing": f"{REPRESENTATION}; suspicion and loss of liberty where it guides policing (harm of allocation)",
    "care": f"{REPRESENTATION}; unequal burdens where it guides who cares for whom",
    "character": REPRESENTATION,
    "competence": REPRESENTATION,
}
