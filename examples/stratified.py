"""A stratified analysis of one large table: a regression in each stratum, then pooled.

Shows what to do with data that all tasks read: the function uses the table, and a task is told no
more than the name of its stratum. The table goes along with the function, once a call.

Prints for each clinic the number of patients and the slope of response on dose with its standard
error, then the pooled slope (weighted by inverse variances) and Cochran's Q, which says whether the
slopes differ by more than chance. The table is made here: two million patients in twelve clinics of
unequal size, with a true slope of 0.5 in each.

Run it, also on another plan::

    python examples/stratified.py
    ABREAST_PLAN=threads python examples/stratified.py
"""

import numpy as np

import abreast as ab

PATIENTS = 2_000_000
CLINICS = "ABCDEFGHIJKL"


def make_table(seed):
    """Return the columns of the table; clinic L has about twelve times the patients of clinic A."""
    rng = np.random.default_rng(seed)
    size = np.arange(1, len(CLINICS) + 1)
    clinic = rng.choice(len(CLINICS), PATIENTS, p=size / size.sum()).astype(np.int8)
    dose = rng.uniform(0, 10, PATIENTS)
    response = 20 + clinic + 0.5 * dose + rng.normal(0, 5, PATIENTS)
    return {"clinic": clinic, "dose": dose, "response": response}


def slope(number):
    """Regress response on dose in one clinic; return size, slope and its standard error."""
    rows = table["clinic"] == number
    x, y = table["dose"][rows], table["response"][rows]
    n = len(x)
    x = x - x.mean()
    estimate = np.sum(x * y) / np.sum(x * x)
    residuals = y - y.mean() - estimate * x
    error = np.sqrt(np.sum(residuals**2) / (n - 2) / np.sum(x * x))
    return n, estimate, error


table = ab.share(make_table(seed=1))  # all workers read one copy of it
found = ab.map(slope, range(len(CLINICS)))

print("clinic  patients     slope  standard error")
for name, (n, estimate, error) in zip(CLINICS, found, strict=True):
    print(f"{name:6}  {n:8}  {estimate:8.6f}  {error:14.6f}")

_, estimates, errors = np.transpose(found)
weights = errors**-2
pooled = np.sum(weights * estimates) / np.sum(weights)
q = np.sum(weights * (estimates - pooled) ** 2)
print(f"pooled  {PATIENTS:8}  {pooled:8.6f}  {np.sum(weights) ** -0.5:14.6f}")
print(f"Cochran's Q {q:.4f} on {len(CLINICS) - 1} degrees of freedom")
