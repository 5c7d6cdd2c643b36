"""Tenants who are gone are forgotten, but not before, and not one by one."""

from coordinator.dispatch.tenants import REMEMBERED, Tenant, Tenants


def test_a_tenant_is_the_same_whenever_it_comes() -> None:
    tenants = Tenants(3, lambda _: True)

    first = tenants.get("a")

    assert tenants.get("a") is first
    assert first.waiting == [0, 0, 0]


def test_a_million_tenants_who_come_once_are_not_remembered() -> None:
    tenants = Tenants(3, lambda _: True)

    for number in range(10 * REMEMBERED):
        tenants.get(str(number))
        assert len(tenants) <= REMEMBERED


def test_whoever_is_not_idle_stays_and_the_walk_through_them_is_seldom() -> None:
    asked: list[Tenant] = []
    busy = {str(number) for number in range(3 * REMEMBERED)}

    def is_idle(tenant: Tenant) -> bool:
        asked.append(tenant)
        return tenant.name not in busy

    tenants = Tenants(3, is_idle)
    kept = [tenants.get(name) for name in sorted(busy)]

    for number in range(10 * REMEMBERED):
        tenants.get(f"once {number}")

    assert all(tenants.get(tenant.name) is tenant for tenant in kept)
    assert len(tenants) <= 2 * len(busy) + REMEMBERED
    assert len(asked) <= 4 * (len(busy) + 10 * REMEMBERED)


def test_who_waits_is_listed() -> None:
    tenants = Tenants(3, lambda _: True)
    tenants.get("idle")
    tenants.get("busy").jobs = 1

    assert [tenant.name for tenant in tenants.waiting()] == ["busy"]
