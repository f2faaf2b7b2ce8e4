"""Rules of the trace: which variable has which name, which call it is of, how parts are put together."""

from mutants.kinds import wrong_rules

wrong_rules(
    "analysis/recording.py",
    "test_recording",
    "test_a_parameter_as_received_a_variable_as_left_and_the_first_of_what_is_returned",
    (
        "a parameter as it was left",
        "names.intersection(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])",
        "set()",
    ),
    ("the last of what is returned", "returned[0] if", "returned[-1] if"),
)
wrong_rules(
    "analysis/recording.py",
    "test_recording",
    "test_which_call",
    ("calls inside another function not told apart", "if scope is None or scope in running", "if True"),
    ("always the first call", "return values[local.call] if", "return values[0] if"),
    ("calls counted by twos", "self.count[function] += 1", "self.count[function] += 2"),
)
wrong_rules(
    "analysis/recording.py",
    "test_recording",
    "test_the_parts_of_a_tiled_function_are_put_together",
    ("parts in reverse", "for part in parts]", "for part in parts[::-1]]"),
    ("the first part alone", "[whole(values, batch_size)]", "values"),
    block=4,
)
wrong_rules(
    "analysis/recording.py",
    "test_recording",
    "test_the_profiler_of_before_is_there_again",
    ("no profiler afterwards", "else sys.setprofile(before)", "else sys.setprofile(None)"),
    ("the recorder stays", "else sys.setprofile(before)", "else None"),
)
wrong_rules(
    "models/vit/inside.py",
    "test_trace",
    "test_every_value",
    ("the keys for the queries", 'Local(heads.split, "x", 0)', 'Local(heads.split, "x", 1)'),
    ("the block's input for its first sum", 'Local(s6.forward, "x", 1)', 'Local(s6.forward, "x", 0)'),
    ("the first Norm for the last", "Local(s6.forward, RETURNED, -1)", "Local(s6.forward, RETURNED, 0)"),
    ("g for u", 'Local(s7.forward, "u")', 'Local(s7.forward, "g")'),
    ("no class token", 'config.classifier == "token"', 'config.classifier == "gap"'),
    fields={},
)
wrong_rules(
    "models/vit/inside.py",
    "test_trace",
    "test_every_gradient_by_the_complex_step",
    (
        "the keys' gradient for the queries'",
        "Local(heads.merge, RETURNED, 0)",
        "Local(heads.merge, RETURNED, 1)",
    ),
    ("the weights' gradient for the scores'", '"dS")),\n', '"dA")),\n'),
    ("blocks counted from the first on the way back", "config.num_layers - 1 - i", "i"),
    ("the residual's gradient is its branch's", 'encoder.block_backward, "dx"', "s7.backward, RETURNED"),
    fields={},
)
wrong_rules(
    "models/vit/inside.py",
    "test_trace",
    "test_every_gradient_by_the_complex_step",
    ("the first block's table for all", "local._replace(item=i)", "local._replace(item=0)"),
    fields={"position_at": "every-layer"},
)
wrong_rules(
    "analysis/trace.py",
    "test_trace",
    "test_every_gradient_by_the_complex_step",
    ("∂loss/∂p without 1/B", " / len(p)", ""),
    ("∂loss/∂p with the other sign", "return -t", "return t"),
    fields={},
)
wrong_rules(
    "analysis/trace.py",
    "test_trace",
    "test_every_gradient_of_the_labels_logits",
    ("the loss's gradient for the logit's", "dlogits = t  #", "dlogits = loss.backward(1.0, saved_loss)  #"),
    fields={},
)

NEAREST = {"asked": "blocks.2.A", "said": "; the nearest name is blocks.2.attention.A"}
wrong_rules(
    "analysis/tensor_names.py",
    "test_trace_table",
    "test_what_is_said_of_a_name_that_is_not_there",
    ("the most similar name alone", "if as_written or any_case:", "if False:"),
    ("the nearest names of any block", "if parted(full)[0] == block]", "]"),
    **NEAREST,
)
wrong_rules(
    "analysis/tensor_names.py",
    "test_trace_table",
    "test_what_is_said_of_a_name_that_is_not_there",
    (
        "a block too many taken for the first",
        "else min(number, max(there))",
        "else number % (max(there) + 1)",
    ),
    ("not said which blocks there are", "if _numbers(block) != _asked(name)[1] else", "if False else"),
    asked="blocks.12.attention.A",
    said=": its blocks are blocks.0 to blocks.2; the nearest name is blocks.2.attention.A",
)
wrong_rules(
    "analysis/trace_table.py",
    "test_trace_table",
    "test_blocks_that_differ_are_not_one",
    ("blocks of other shapes as one", "row[:4] for row in rows", "row[:2] for row in rows"),
    (
        "blocks of other dtypes as one",
        "[row[:4] for row in rows]",
        "[(*row[:3], o[3]) for row, o in zip(rows, others)]",
    ),
)
wrong_rules(
    "analysis/trace_table.py",
    "test_trace_table",
    "test_a_view_holds_the_whole_array",
    ("a view's own bytes counted", "sum({id(whole): whole.nbytes", "sum({id(whole): 0 * whole.nbytes"),
    ("a view counted as an array", "        array = array.base\n", "        return array\n"),
    ("a view of what it shares nothing with", "if shares(other.value, record.value)", "if shares"),
)
wrong_rules(
    "analysis/trace.py",
    "test_trace_table",
    "test_the_heading_adds_up",
    ("the parameters' gradients not counted", "self.dp or {}", "{}"),
)
wrong_rules(
    "models/mlp.py",
    "test_mlp",
    "test_every_named_tensor_and_its_gradient",
    (
        "the head's product forgotten on the way back",
        'linear.backward, "dy", back + head',
        'linear.backward, "dy", back',
    ),
    (
        "layers counted from the first on the way back",
        'gelu.backward, "dy", back)',
        'gelu.backward, "dy", i)',
    ),
    ("g for u", "Local(linear.forward, RETURNED, i)", "Local(gelu.forward, RETURNED, i)"),
    fields={},
)
wrong_rules(
    "show/tensors.py",
    "test_show_tensors",
    "test_the_numbers_and_the_bars",
    ("lengths not by the logarithm", "math.log(size / least)", "math.sqrt(size / least)"),
    ("the share of one block", "sum(row.nbytes) / total", "size / total"),
    ("what is not large hatched", "3 * size >= 2 * most", "3 * size >= most"),
)
wrong_rules(
    "show/tensors.py",
    "test_show_tensors",
    "test_nothing_overlaps_with_a_batch",
    ("long shapes in letters of the same size", "min(1.0, room / (1.42 * digits))", "1.0"),
    name="S/14 of 518",
)
