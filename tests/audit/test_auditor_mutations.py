"""Whatever is done to one record, ledger line or mail of a good log, the auditor complains."""

from __future__ import annotations

import pytest

from tests.audit.catalogue import STORIES, told
from tests.audit.mutations import MUTATIONS, Mutation
from tests.audit.originals import Mutant, Original
from tests.audit.verdict import audit


def is_found(mutant: Mutant) -> bool:
    return bool(audit(mutant.topics, mutant.gateway, mutant.mails, finished=True).findings)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("story", STORIES)
def test_every_single_change_to_a_good_log_is_found(story: str, mutation: Mutation) -> None:
    mutants = list(mutation(Original(told(STORIES[story]))))

    missed = [mutant.name for mutant in mutants if not is_found(mutant)]

    assert missed == []
    assert mutants
