from supervisor import ValidationError, ValidationReport


def validate(batch, output, merged):
    errors = [ValidationError(type="wrong_square", item_id=i, message=f"the square of {p['n']} is {p['n'] ** 2}",
                              suggestion="multiply again")
              for i, p in batch.items.items() if output[i].get("square") != p["n"] ** 2]
    return ValidationReport(errors=errors)
