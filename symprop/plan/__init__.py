"""Derivation to KernelPlan: stability, fusion, buffers."""

from symprop.plan.build import plan_derivation, plan_quantity
from symprop.plan.cost import StageCost, program_cost, update_cost
from symprop.plan.floor import TYPICAL, Machine
from symprop.plan.values import Buffer, KernelPlan, Product, Program, Stage

__all__ = [
    "TYPICAL",
    "Buffer",
    "KernelPlan",
    "Machine",
    "Product",
    "Program",
    "Stage",
    "StageCost",
    "plan_derivation",
    "plan_quantity",
    "program_cost",
    "update_cost",
]
