"""C text that makes a compiled program a Python callable: arguments checked in C, results made in C.

What does not fit as it is (another dtype, not contiguous, a wrong shape) goes to `convert`, which is Python.
"""

from collections.abc import Mapping

import sympy

from symback.numerics.program import Program

__all__ = ["binding_text"]

_BINDING = r"""
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>

typedef struct { PyObject_HEAD vectorcallfunc call; PyObject *dict, *convert, *refuse; int threads; } Kernel;
typedef struct { short rank; npy_intp shape[2], size; const char *name; PyObject *key; } Argument; /* -1: the batch size */
static Argument arguments[] = {
TABLE};
#define INPUTS (COUNT(arguments))
#define GRADIENTS (INPUTS - 2)
#define LAYERED IS_LAYERED
#define WORK WORK_PER_SAMPLE

/* rooms that are not in use; touched by who holds the interpreter's lock alone */
#define KEPT 4
static struct { void *at; long bytes; } rooms[KEPT];
static void *take_room(long bytes, long *has) {
    for (int i = 0; i < KEPT; i++)
        if (rooms[i].at && rooms[i].bytes >= bytes) {
            void *at = rooms[i].at;
            *has = rooms[i].bytes;
            rooms[i].at = NULL;
            return at;
        }
    *has = (bytes + 4095) / 4096 * 4096;
    return aligned_alloc(4096, *has);
}
static void leave_room(void *at, long bytes) {
    for (int i = 0; i < KEPT; i++)
        if (!rooms[i].at) { rooms[i].at = at; rooms[i].bytes = bytes; return; }
    int least = 0;
    for (int i = 1; i < KEPT; i++) if (rooms[i].bytes < rooms[least].bytes) least = i;
    if (rooms[least].bytes < bytes) { free(rooms[least].at); rooms[least].at = at; rooms[least].bytes = bytes; }
    else free(at);
}

INLINE int fits(PyObject *object, const Argument *wanted, npy_intp batch) {
    if (!PyArray_CheckExact(object)) return 0;
    PyArrayObject *array = (PyArrayObject *)object;
    if (PyArray_TYPE(array) != (sizeof(real) == 8 ? NPY_DOUBLE : NPY_FLOAT) || PyArray_NDIM(array) != wanted->rank) return 0;
    if (!PyArray_ISCARRAY_RO(array)) return 0;
    for (int i = 0; i < wanted->rank; i++)
        if (PyArray_DIMS(array)[i] != (wanted->shape[i] < 0 ? batch : wanted->shape[i])) return 0;
    return 1;
}
/* whether results may be written to these arrays: they are as those that are made here, and lie apart from all others */
static int may_take(PyObject *const *given, const real *const *in, npy_intp batch) {
    const real *from[INPUTS + GRADIENTS], *to[INPUTS + GRADIENTS];
    for (int i = 0; i < INPUTS; i++) from[i] = in[i], to[i] = in[i] + arguments[i].size * (arguments[i].shape[0] < 0 ? batch : 1);
    for (int i = 0, last = INPUTS; i < GRADIENTS; i++, last++) {
        if (!fits(given[i], arguments + i + 2, 0) || !PyArray_ISWRITEABLE((PyArrayObject *)given[i])) return 0;
        from[last] = PyArray_DATA((PyArrayObject *)given[i]), to[last] = from[last] + arguments[i + 2].size;
        for (int k = 0; k < last; k++)
            if (from[last] < to[k] && from[k] < to[last]) return 0;
    }
    return 1;
}
static PyObject **items(PyObject *sequence, Py_ssize_t length) {
    if (PyList_CheckExact(sequence)) return PyList_GET_SIZE(sequence) == length ? ((PyListObject *)sequence)->ob_item : NULL;
    if (PyTuple_CheckExact(sequence)) return PyTuple_GET_SIZE(sequence) == length ? ((PyTupleObject *)sequence)->ob_item : NULL;
    return NULL;
}
/* the parameters, borrowed; 0 where they are not of the expected form */
static int gather(PyObject *params, PyObject **found) {
    if (PyDict_CheckExact(params)) {
        if (PyDict_GET_SIZE(params) != GRADIENTS) return 0;
        for (int i = 0; i < GRADIENTS; i++)
            if (!(found[i] = PyDict_GetItemWithError(params, arguments[i + 2].key))) { PyErr_Clear(); return 0; }
        return 1;
    }
    PyObject **layers = LAYERED ? items(params, GRADIENTS / 2) : NULL;
    for (int i = 0; layers && i < GRADIENTS / 2; i++) {
        PyObject **pair = items(layers[i], 2);
        if (!pair) return 0;
        found[2 * i] = pair[0], found[2 * i + 1] = pair[1];
    }
    return layers != NULL;
}
static PyObject *packed(PyObject *params, PyObject **gradients) {
    if (PyDict_CheckExact(params)) {
        PyObject *result = PyDict_New();
        for (int i = 0; result && i < GRADIENTS; i++) PyDict_SetItem(result, arguments[i + 2].key, gradients[i]);
        for (int i = 0; i < GRADIENTS; i++) Py_DECREF(gradients[i]);
        return result;
    }
    PyObject *result = PyList_New(GRADIENTS / 2);
    for (int i = 0; i < GRADIENTS / 2; i++) {
        PyObject *pair = PyTuple_New(2);
        PyTuple_SET_ITEM(pair, 0, gradients[2 * i]);
        PyTuple_SET_ITEM(pair, 1, gradients[2 * i + 1]);
        PyList_SET_ITEM(result, i, pair);
    }
    return result;
}
static PyObject *name_of_out;
static PyObject *call(PyObject *object, PyObject *const *args, size_t count, PyObject *names) {
    Kernel *self = (Kernel *)object;
    PyObject *held[INPUTS], *gradients[GRADIENTS], *given = NULL;
    const real *in[INPUTS];
    real *out[GRADIENTS];
    const Py_ssize_t named = names ? PyTuple_GET_SIZE(names) : 0, placed = PyVectorcall_NARGS(count);
    if (placed < 3 || placed + named > 4) goto convert;
    if (named && PyTuple_GET_ITEM(names, 0) != name_of_out && PyUnicode_Compare(PyTuple_GET_ITEM(names, 0), name_of_out)) goto convert;
    if (placed + named == 4 && args[3] != Py_None) given = args[3];
    if (!gather(args[0], held + 2)) goto convert;
    held[0] = args[1], held[1] = args[2];
    if (!PyArray_CheckExact(held[0]) || PyArray_NDIM((PyArrayObject *)held[0]) != 2) goto convert;
    const npy_intp batch = PyArray_DIMS((PyArrayObject *)held[0])[0];
    if (batch < 1) goto convert;
    for (int i = 0; i < INPUTS; i++) {
        if (!fits(held[i], arguments + i, batch)) goto convert;
        in[i] = PyArray_DATA((PyArrayObject *)held[i]);
    }
    if (given && (!gather(given, gradients) || !may_take(gradients, in, batch))) goto convert;
    for (int i = 0; i < GRADIENTS; i++) {
        if (given) Py_INCREF(gradients[i]);
        else gradients[i] = PyArray_SimpleNew(arguments[i + 2].rank, arguments[i + 2].shape, sizeof(real) == 8 ? NPY_DOUBLE : NPY_FLOAT);
        if (!gradients[i]) { while (i--) Py_DECREF(gradients[i]); return NULL; }
        out[i] = PyArray_DATA((PyArrayObject *)gradients[i]);
    }
    const double work = (double)batch * WORK;
    const int threads = work < 1e6 ? 1 : self->threads; /* some 20 microseconds; less is not worth waking a thread */
    long bytes = symback_room(batch, threads), has;
    void *room = bytes ? take_room(bytes, &has) : NULL;
    if (bytes && !room) { for (int i = 0; i < GRADIENTS; i++) Py_DECREF(gradients[i]); return PyErr_NoMemory(); }
    double cost;
    int is_bad;
    if (work < 2e4) is_bad = symback_evaluate(batch, 1, in, out, &cost, room);
    else {
        for (int i = 0; i < INPUTS; i++) Py_INCREF(held[i]);
        Py_BEGIN_ALLOW_THREADS
        is_bad = symback_evaluate(batch, threads, in, out, &cost, room);
        Py_END_ALLOW_THREADS
        for (int i = 0; i < INPUTS; i++) Py_DECREF(held[i]);
    }
    if (room) leave_room(room, has);
    if (is_bad && self->refuse) {
        PyObject *answer = PyObject_Vectorcall(self->refuse, args, 3, NULL);
        if (!answer) { for (int i = 0; i < GRADIENTS; i++) Py_DECREF(gradients[i]); return NULL; }
        Py_DECREF(answer);
    }
    PyObject *grads = given ? Py_NewRef(given) : packed(args[0], gradients), *number = PyFloat_FromDouble(cost);
    if (given) for (int i = 0; i < GRADIENTS; i++) Py_DECREF(gradients[i]);
    PyObject *result = PyTuple_New(2);
    PyTuple_SET_ITEM(result, 0, number);
    PyTuple_SET_ITEM(result, 1, grads);
    return result;
convert:
    if (!self->convert) { PyErr_SetString(PyExc_TypeError, "arguments do not fit"); return NULL; }
    return PyObject_Vectorcall(self->convert, args, count, names);
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *named) {
    int threads = 1;
    if (!PyArg_ParseTuple(args, "i", &threads)) return NULL;
    Kernel *self = (Kernel *)type->tp_alloc(type, 0);
    if (self) self->threads = threads, self->call = call;
    return (PyObject *)self;
}
static int visit_all(Kernel *self, visitproc visit, void *arg) {
    Py_VISIT(self->dict); Py_VISIT(self->convert); Py_VISIT(self->refuse);
    return 0;
}
static int clear_all(Kernel *self) { Py_CLEAR(self->dict); Py_CLEAR(self->convert); Py_CLEAR(self->refuse); return 0; }
static void discard(Kernel *self) { PyObject_GC_UnTrack(self); clear_all(self); Py_TYPE(self)->tp_free((PyObject *)self); }
static PyMemberDef members[] = {
    {"convert", T_OBJECT, offsetof(Kernel, convert), 0, NULL},
    {"refuse", T_OBJECT, offsetof(Kernel, refuse), 0, NULL},
    {"threads", T_INT, offsetof(Kernel, threads), READONLY, NULL},
    {NULL}};
static PyGetSetDef extras[] = {{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL}, {NULL}};
static PyTypeObject KernelType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "symback_kernel.Kernel", .tp_basicsize = sizeof(Kernel), .tp_new = make,
    .tp_call = PyVectorcall_Call, .tp_vectorcall_offset = offsetof(Kernel, call), .tp_dictoffset = offsetof(Kernel, dict),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_HAVE_GC, .tp_members = members, .tp_getset = extras,
    .tp_traverse = (traverseproc)visit_all, .tp_clear = (inquiry)clear_all, .tp_dealloc = (destructor)discard,
    .tp_doc = "f(params, x, y, out=None) -> (cost, grads), averaged over the rows of x; grads are written to `out`, if given."};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "symback_kernel", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_symback_kernel(void) {
    import_array();
    if (!name_of_out && !(name_of_out = PyUnicode_InternFromString("out"))) return NULL;
    for (int i = 0; i < INPUTS; i++)
        if (!arguments[i].key && !(arguments[i].key = PyUnicode_InternFromString(arguments[i].name))) return NULL;
    if (PyType_Ready(&KernelType)) return NULL;
    PyObject *made = PyModule_Create(&module);
    Py_INCREF(&KernelType);
    if (made && PyModule_AddObject(made, "Kernel", (PyObject *)&KernelType)) return NULL;
    return made;
}
"""


def binding_text(program: Program, dtype: str, sizes: Mapping[sympy.Symbol, int]) -> str:
    """The text that follows the program's."""
    rows, work = [], 0
    for argument in program.inputs:
        shape = [-1 if size == program.batch_size else int(size.xreplace(dict(sizes))) for size in argument.shape]
        rows.append(
            f'    {{{len(shape)}, {{{", ".join(map(str, shape)) or "0"}}}, {abs(int(sympy.prod(shape)))}, "{argument.name}", NULL}},\n'
        )
        work += abs(int(sympy.prod(shape))) * (6 if argument in program.parameters else 1)
    text = _BINDING.replace("TABLE", "".join(rows), 1).replace("IS_LAYERED", str(int(program.layers is not None)), 1)
    return text.replace("WORK_PER_SAMPLE", f"{work}.0", 1)
