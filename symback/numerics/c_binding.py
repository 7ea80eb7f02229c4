"""C text that makes a compiled program a Python callable: arguments checked in C, results made in C.

It knows no program, but is given the addresses of its functions and a table of its arguments; so it is compiled once.
What does not fit as it is (another dtype, not contiguous, a wrong shape) goes to `convert`, which is Python.
"""

__all__ = ["BINDING"]

BINDING = r"""
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>

typedef struct { int rank; npy_intp shape[2], size; PyObject *key; } Argument; /* -1: the batch size */
typedef struct {
    PyObject_HEAD vectorcallfunc call;
    PyObject *dict, *convert, *refuse;
    int threads, inputs, is_layered, type, bytes;
    double work; /* for each sample */
    Argument *arguments;
    int (*evaluate)(long N, int threads, const void *const *in, void *const *out, double *cost, void *room);
    long (*room)(long N, int threads);
} Kernel;

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

static inline int fits(int type, PyObject *object, const Argument *wanted, npy_intp batch) {
    if (!PyArray_CheckExact(object)) return 0;
    PyArrayObject *array = (PyArrayObject *)object;
    if (PyArray_TYPE(array) != type || PyArray_NDIM(array) != wanted->rank) return 0;
    if (!PyArray_ISCARRAY_RO(array)) return 0;
    for (int i = 0; i < wanted->rank; i++)
        if (PyArray_DIMS(array)[i] != (wanted->shape[i] < 0 ? batch : wanted->shape[i])) return 0;
    return 1;
}
/* whether results may be written to these arrays: they are as those that are made here, and lie apart from all others */
static int may_take(const Kernel *self, PyObject *const *given, const void *const *in, npy_intp batch) {
    const int inputs = self->inputs;
    const char *from[2 * inputs], *to[2 * inputs];
    for (int i = 0; i < inputs; i++) {
        const Argument *argument = self->arguments + i;
        from[i] = in[i], to[i] = from[i] + self->bytes * argument->size * (argument->shape[0] < 0 ? batch : 1);
    }
    for (int i = 2, last = inputs; i < inputs; i++, last++) {
        if (!fits(self->type, given[i - 2], self->arguments + i, 0) || !PyArray_ISWRITEABLE((PyArrayObject *)given[i - 2])) return 0;
        from[last] = PyArray_DATA((PyArrayObject *)given[i - 2]), to[last] = from[last] + self->bytes * self->arguments[i].size;
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
static int gather(const Kernel *self, PyObject *params, PyObject **found) {
    const int gradients = self->inputs - 2;
    if (PyDict_CheckExact(params)) {
        if (PyDict_GET_SIZE(params) != gradients) return 0;
        for (int i = 0; i < gradients; i++)
            if (!(found[i] = PyDict_GetItemWithError(params, self->arguments[i + 2].key))) { PyErr_Clear(); return 0; }
        return 1;
    }
    PyObject **layers = self->is_layered ? items(params, gradients / 2) : NULL;
    for (int i = 0; layers && i < gradients / 2; i++) {
        PyObject **pair = items(layers[i], 2);
        if (!pair) return 0;
        found[2 * i] = pair[0], found[2 * i + 1] = pair[1];
    }
    return layers != NULL;
}
static PyObject *packed(const Kernel *self, PyObject *params, PyObject **arrays) {
    const int gradients = self->inputs - 2;
    if (PyDict_CheckExact(params)) {
        PyObject *result = PyDict_New();
        for (int i = 0; result && i < gradients; i++) PyDict_SetItem(result, self->arguments[i + 2].key, arrays[i]);
        for (int i = 0; i < gradients; i++) Py_DECREF(arrays[i]);
        return result;
    }
    PyObject *result = PyList_New(gradients / 2);
    for (int i = 0; i < gradients / 2; i++) {
        PyObject *pair = PyTuple_New(2);
        PyTuple_SET_ITEM(pair, 0, arrays[2 * i]);
        PyTuple_SET_ITEM(pair, 1, arrays[2 * i + 1]);
        PyList_SET_ITEM(result, i, pair);
    }
    return result;
}
static PyObject *name_of_out;
static PyObject *call(PyObject *object, PyObject *const *args, size_t count, PyObject *names) {
    Kernel *self = (Kernel *)object;
    const int inputs = self->inputs, gradients = inputs - 2;
    PyObject *held[inputs], *results[inputs], *given = NULL;
    const void *in[inputs];
    void *out[inputs];
    const Py_ssize_t named = names ? PyTuple_GET_SIZE(names) : 0, placed = PyVectorcall_NARGS(count);
    if (placed < 3 || placed + named > 4) goto convert;
    if (named && PyTuple_GET_ITEM(names, 0) != name_of_out && PyUnicode_Compare(PyTuple_GET_ITEM(names, 0), name_of_out)) goto convert;
    if (placed + named == 4 && args[3] != Py_None) given = args[3];
    if (!gather(self, args[0], held + 2)) goto convert;
    held[0] = args[1], held[1] = args[2];
    if (!PyArray_CheckExact(held[0]) || PyArray_NDIM((PyArrayObject *)held[0]) != 2) goto convert;
    const npy_intp batch = PyArray_DIMS((PyArrayObject *)held[0])[0];
    if (batch < 1) goto convert;
    for (int i = 0; i < inputs; i++) {
        if (!fits(self->type, held[i], self->arguments + i, batch)) goto convert;
        in[i] = PyArray_DATA((PyArrayObject *)held[i]);
    }
    if (given && (!gather(self, given, results) || !may_take(self, results, in, batch))) goto convert;
    for (int i = 0; i < gradients; i++) {
        if (given) Py_INCREF(results[i]);
        else results[i] = PyArray_SimpleNew(self->arguments[i + 2].rank, self->arguments[i + 2].shape, self->type);
        if (!results[i]) { while (i--) Py_DECREF(results[i]); return NULL; }
        out[i] = PyArray_DATA((PyArrayObject *)results[i]);
    }
    const double work = (double)batch * self->work;
    const int threads = work < 1e6 ? 1 : self->threads; /* some 20 microseconds; less is not worth waking a thread */
    long bytes = self->room(batch, threads), has;
    void *room = bytes ? take_room(bytes, &has) : NULL;
    if (bytes && !room) { for (int i = 0; i < gradients; i++) Py_DECREF(results[i]); return PyErr_NoMemory(); }
    double cost;
    int is_bad;
    if (work < 2e4) is_bad = self->evaluate(batch, 1, in, out, &cost, room);
    else {
        for (int i = 0; i < inputs; i++) Py_INCREF(held[i]);
        Py_BEGIN_ALLOW_THREADS
        is_bad = self->evaluate(batch, threads, in, out, &cost, room);
        Py_END_ALLOW_THREADS
        for (int i = 0; i < inputs; i++) Py_DECREF(held[i]);
    }
    if (room) leave_room(room, has);
    if (is_bad && self->refuse) {
        PyObject *answer = PyObject_Vectorcall(self->refuse, args, 3, NULL);
        if (!answer) { for (int i = 0; i < gradients; i++) Py_DECREF(results[i]); return NULL; }
        Py_DECREF(answer);
    }
    PyObject *grads = given ? Py_NewRef(given) : packed(self, args[0], results), *number = PyFloat_FromDouble(cost);
    if (given) for (int i = 0; i < gradients; i++) Py_DECREF(results[i]);
    PyObject *result = PyTuple_New(2);
    PyTuple_SET_ITEM(result, 0, number);
    PyTuple_SET_ITEM(result, 1, grads);
    return result;
convert:
    if (!self->convert) { PyErr_SetString(PyExc_TypeError, "arguments do not fit"); return NULL; }
    return PyObject_Vectorcall(self->convert, args, count, names);
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *unused) {
    int threads, is_single, is_layered;
    unsigned long long evaluate, room;
    double work;
    PyObject *table;
    if (!PyArg_ParseTuple(args, "iKKppdO!", &threads, &evaluate, &room, &is_single, &is_layered, &work, &PyTuple_Type, &table)) return NULL;
    Kernel *self = (Kernel *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->call = call, self->threads = threads, self->is_layered = is_layered, self->work = work;
    self->type = is_single ? NPY_FLOAT : NPY_DOUBLE, self->bytes = is_single ? 4 : 8;
    self->evaluate = (int (*)(long, int, const void *const *, void *const *, double *, void *))(uintptr_t)evaluate;
    self->room = (long (*)(long, int))(uintptr_t)room;
    const int inputs = (int)PyTuple_GET_SIZE(table);
    self->arguments = calloc(inputs + 1, sizeof(Argument));
    for (int i = 0; self->arguments && i < inputs; i++, self->inputs++) {
        Argument *argument = self->arguments + i;
        npy_intp *shape = argument->shape;
        PyObject *row = PyTuple_GET_ITEM(table, i);
        if (!PyArg_ParseTuple(row, "Uinnn", &argument->key, &argument->rank, shape, shape + 1, &argument->size)) break;
        Py_INCREF(argument->key);
        PyUnicode_InternInPlace(&argument->key);
    }
    if (self->inputs == inputs) return (PyObject *)self;
    if (!PyErr_Occurred()) PyErr_NoMemory();
    Py_DECREF(self);
    return NULL;
}
static int visit_all(Kernel *self, visitproc visit, void *arg) {
    Py_VISIT(self->dict); Py_VISIT(self->convert); Py_VISIT(self->refuse);
    return 0;
}
static int clear_all(Kernel *self) { Py_CLEAR(self->dict); Py_CLEAR(self->convert); Py_CLEAR(self->refuse); return 0; }
static void discard(Kernel *self) {
    PyObject_GC_UnTrack(self);
    clear_all(self);
    for (int i = 0; i < self->inputs; i++) Py_DECREF(self->arguments[i].key);
    free(self->arguments);
    Py_TYPE(self)->tp_free((PyObject *)self);
}
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
    if (PyType_Ready(&KernelType)) return NULL;
    PyObject *made = PyModule_Create(&module);
    Py_INCREF(&KernelType);
    if (made && PyModule_AddObject(made, "Kernel", (PyObject *)&KernelType)) return NULL;
    return made;
}
"""
