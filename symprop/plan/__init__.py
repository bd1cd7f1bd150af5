"""Derivation to KernelPlan: stability, fusion, buffers."""

from symprop.plan.build import plan_derivation, plan_quantity
from symprop.plan.values import Buffer, KernelPlan, Product, Program, Stage

__all__ = ["Buffer", "KernelPlan", "Product", "Program", "Stage", "plan_derivation", "plan_quantity"]
