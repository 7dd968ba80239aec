using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace ZipIt.Networks;

/// <summary>
/// Reads the tensors and plain containers of Python pickles (protocols 2 to 5). A pickle is a program: this reader runs only the part
/// that puts together dictionaries, lists, tuples and scalars, and knows the handful of names that a tensor needs. Whatever else a pickle
/// names becomes a <see cref="PickleOpaque"/>, which is a name and nothing more: no class is looked up, nothing is made or called.
/// </summary>
/// <remarks>
/// The stack is a list, not recursion, so nesting costs nothing. Lengths are checked against the bytes that are left, texts are hashed once, and a pickle has
/// at most
/// <see cref="MaximumLength"/> bytes, so that time grows with the pickle alone. What it makes is counted: an empty list is one byte in the pickle, less in a
/// compressed one, and many in memory.
/// </remarks>
internal sealed class PickleReader
{
    /// <summary>Longest pickle in bytes. A tensor takes about 100, so tens of thousands of them fit.</summary>
    public const int MaximumLength = 4 << 20;

    private const int MaximumRank = 16;
    private const int LongestIdentifier = 256;

    /// <summary>Texts that are longer are made one object if they are equal, so that comparing them again costs nothing.</summary>
    private const int LongestRepeatedText = 64;

    // What things take in memory, in bytes.
    private const int ScalarSize = 24;
    private const int SlotSize = 32; // of a list that grows by doubling, with what it outgrew
    private const int MarkSize = 12;
    private const int ContainerSize = 32; // of one that is empty
    private const int FirstSlotsSize = 64;
    private const int ObjectSize = 64;
    private const int TextSize = 96;
    private const int EntrySize = 192;
    private const int TensorSize = 256;

    private const int NameCharacterSize = 8; // with what shortening it takes

    private const string QuantizedTensor = "a quantized tensor";

    private static readonly object Unset = new();
    private static readonly object True = true;
    private static readonly object False = false;

    private readonly Stream _stream;
    private readonly string _place;
    private readonly ReadingBudget _budget;
    private readonly HashSet<PickleText> _longTexts = [];
    private readonly Dictionary<PickleText, StorageReference> _storages = [];
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly List<object?> _memo = [];
    private readonly byte[] _number = new byte[8];
    private readonly long _end;
    private long _position;
    private long _copied;
    private int _deepest;
    private long _opcodeOffset;
    private int _opcode = -1;

    /// <summary>Prepares to read one pickle.</summary>
    /// <param name="stream">Seekable; the pickle starts at its position and ends at its own STOP.</param>
    /// <param name="place">File and entry for messages.</param>
    /// <param name="budget">Counts what the pickle makes.</param>
    public PickleReader(Stream stream, string place, ReadingBudget budget)
    {
        _stream = stream;
        _place = place;
        _budget = budget;
        _end = stream.Length - stream.Position;
    }

    /// <summary>The storages that the pickle has referred to so far, also those of tensors that nobody can reach.</summary>
    public IReadOnlyDictionary<PickleText, StorageReference> Storages => _storages;

    /// <summary>Reads up to and including the STOP of the pickle.</summary>
    /// <exception cref="InvalidDataException">The pickle is damaged, or has an opcode that no checkpoint needs.</exception>
    public object? Read()
    {
        int protocol = -1;
        while (true)
        {
            _opcodeOffset = _position;
            _opcode = -1;
            byte opcode = ReadByte();
            _opcode = opcode;
            if (protocol < 0 && opcode != 0x80)
                throw Fail("expected a pickle of protocol 2 to 5");
            switch (opcode)
            {
                case 0x80: // PROTO
                    protocol = ReadByte();
                    if (protocol is < 2 or > 5)
                        throw Fail($"expected a pickle of protocol 2 to 5, found {protocol}");
                    break;
                case 0x95: // FRAME: lengths of chunks, of use only to buffered readers
                    ReadLength(8);
                    break;
                case (byte)'.': // STOP
                    object? result = Pop();
                    return _stack.Count == 0 && _marks.Count == 0 ? result : throw Fail("values are left over at the end");

                case (byte)'N':
                    Push(null);
                    break;
                case 0x88:
                    Push(True);
                    break;
                case 0x89:
                    Push(False);
                    break;
                case (byte)'J': // BININT
                    PushNew((long)BinaryPrimitives.ReadInt32LittleEndian(ReadNumber(4)), ScalarSize);
                    break;
                case (byte)'K': // BININT1
                    PushNew((long)ReadByte(), ScalarSize);
                    break;
                case (byte)'M': // BININT2
                    PushNew((long)BinaryPrimitives.ReadUInt16LittleEndian(ReadNumber(2)), ScalarSize);
                    break;
                case 0x8a: // LONG1
                    PushNew(ReadInteger(ReadByte()), ScalarSize);
                    break;
                case 0x8b: // LONG4
                    int digits = ReadLength(4);
                    PushNew(ReadInteger(digits), ScalarSize + digits);
                    break;
                case (byte)'G': // BINFLOAT, big-endian
                    PushNew(BinaryPrimitives.ReadDoubleBigEndian(ReadNumber(8)), ScalarSize);
                    break;
                case (byte)'X': // BINUNICODE
                    PushText(Encoding.UTF8, 4);
                    break;
                case 0x8c: // SHORT_BINUNICODE
                    PushText(Encoding.UTF8, 1);
                    break;
                case 0x8d: // BINUNICODE8
                    PushText(Encoding.UTF8, 8);
                    break;
                case (byte)'T': // BINSTRING of Python 2
                    PushText(Encoding.Latin1, 4);
                    break;
                case (byte)'U': // SHORT_BINSTRING
                    PushText(Encoding.Latin1, 1);
                    break;
                case (byte)'B': // BINBYTES
                    PushBytes(4);
                    break;
                case (byte)'C': // SHORT_BINBYTES
                    PushBytes(1);
                    break;
                case 0x8e or 0x96: // BINBYTES8, BYTEARRAY8
                    PushBytes(8);
                    break;

                case (byte)'(': // MARK
                    Take(MarkSize);
                    _marks.Add(_stack.Count);
                    break;
                case (byte)')': // EMPTY_TUPLE
                    Push(Array.Empty<object?>());
                    break;
                case 0x85 or 0x86 or 0x87: // TUPLE1, TUPLE2, TUPLE3
                    Push(PopMany(opcode - 0x84));
                    break;
                case (byte)'t': // TUPLE
                    Push(PopToMark());
                    break;
                case (byte)']': // EMPTY_LIST
                    PushNew(new List<object?>(), ContainerSize);
                    break;
                case (byte)'l': // LIST
                    PushNew(new List<object?>(PopToMark()), ObjectSize);
                    break;
                case (byte)'a': // APPEND
                    object? item = Pop();
                    if (Peek() is PickleOpaque)
                        break;
                    List<object?> appended = Peek<List<object?>>("a list");
                    Take(SlotSize + ScalarSize);
                    if (appended.Count == 0)
                        appended.Capacity = 1;
                    appended.Add(item);
                    break;
                case (byte)'e': // APPENDS
                    AppendItems(PopMark());
                    break;
                case 0x8f: // EMPTY_SET
                    PushNew(new PickleOpaque("set", _opcodeOffset), ObjectSize);
                    break;
                case 0x90: // ADDITEMS
                    int firstMember = PopMark();
                    PeekBelow<PickleOpaque>(firstMember, "a set");
                    Drop(firstMember);
                    break;
                case 0x91: // FROZENSET
                    Drop(PopMark());
                    PushNew(new PickleOpaque("frozenset", _opcodeOffset), ObjectSize);
                    break;
                case (byte)'}': // EMPTY_DICT
                    PushNew(new PickleDictionary(), ContainerSize);
                    break;
                case (byte)'d': // DICT
                    var dictionary = new PickleDictionary();
                    SetItems(dictionary, PopMark());
                    PushNew(dictionary, ObjectSize);
                    break;
                case (byte)'s': // SETITEM
                    if (_stack.Count - 2 < Floor)
                        throw Fail("a value is missing on the stack");
                    SetItems(_stack.Count - 2);
                    break;
                case (byte)'u': // SETITEMS
                    SetItems(PopMark());
                    break;
                case (byte)'0': // POP
                    Pop();
                    break;
                case (byte)'1': // POP_MARK
                    Drop(PopMark());
                    break;
                case (byte)'2': // DUP
                    Push(Peek());
                    break;

                case (byte)'q': // BINPUT
                    Memoize(ReadByte());
                    break;
                case (byte)'r': // LONG_BINPUT
                    Memoize(BinaryPrimitives.ReadUInt32LittleEndian(ReadNumber(4)));
                    break;
                case 0x94: // MEMOIZE
                    Memoize((uint)_memo.Count);
                    break;
                case (byte)'h': // BINGET
                    Push(Recall(ReadByte()));
                    break;
                case (byte)'j': // LONG_BINGET
                    Push(Recall(BinaryPrimitives.ReadUInt32LittleEndian(ReadNumber(4))));
                    break;

                case (byte)'c': // GLOBAL
                    string module = ReadLine();
                    PushNew(Resolve(module, ReadLine()), ScalarSize);
                    break;
                case 0x93: // STACK_GLOBAL
                    object?[] names = PopMany(2);
                    if (names is not [PickleText stackModule, PickleText stackName])
                        throw Fail("expected the names of a module and of a member");
                    PushNew(Resolve(stackModule.Value, stackName.Value), ScalarSize);
                    break;
                case (byte)'Q': // BINPERSID
                    PushNew(ResolvePersistent(Pop()), ObjectSize);
                    break;
                case (byte)'R': // REDUCE
                    object? arguments = Pop();
                    PushNew(Call(Pop(), arguments), TensorSize);
                    break;
                case 0x81: // NEWOBJ
                    Pop();
                    Push(ExpectClass(Pop()));
                    break;
                case 0x92: // NEWOBJ_EX
                    Pop();
                    Pop();
                    Push(ExpectClass(Pop()));
                    break;
                case (byte)'b': // BUILD: attributes of an object; an OrderedDict of PyTorch carries version numbers
                    Pop();
                    if (Peek() is not (PickleDictionary or PickleOpaque or TensorReference))
                        throw Fail("expected an object on the stack");
                    break;
                default:
                    throw Fail($"the pickle uses {NameOf(opcode)}, which no checkpoint needs; it is refused");
            }
        }
    }

    private static string NameOf(int opcode) => opcode switch
    {
        < 0 => "an opcode",
        'c' => "GLOBAL",
        0x93 => "STACK_GLOBAL",
        'R' => "REDUCE",
        'b' => "BUILD",
        'Q' => "BINPERSID",
        'P' => "PERSID",
        'i' => "INST",
        'o' => "OBJ",
        0x81 => "NEWOBJ",
        0x92 => "NEWOBJ_EX",
        0x82 or 0x83 or 0x84 => "EXT",
        _ => $"opcode 0x{opcode:x2}",
    };

    /// <summary>What a name stands for; one that tensors do not need stays a name.</summary>
    private object Resolve(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => PickleFunction.OrderedDictionary,
        ("torch", "Size") => PickleFunction.Size,
        ("torch", "device") => PickleFunction.Device,
        ("torch._utils", "_rebuild_tensor") => PickleFunction.RebuildTensor,
        ("torch._utils", "_rebuild_tensor_v2") => PickleFunction.RebuildTensorV2,
        ("torch._utils", "_rebuild_tensor_v3") => PickleFunction.RebuildTensorV3,
        ("torch._utils", "_rebuild_parameter" or "_rebuild_parameter_with_state") => PickleFunction.RebuildParameter,
        ("torch._tensor", "_rebuild_from_type_v2") => PickleFunction.RebuildSubclass,
        ("torch" or "torch.cuda", "FloatStorage") => new StorageType(ElementType.Float32),
        ("torch" or "torch.cuda", "HalfStorage") => new StorageType(ElementType.Float16),
        ("torch" or "torch.cuda", "BFloat16Storage") => new StorageType(ElementType.BFloat16),
        ("torch" or "torch.cuda", "DoubleStorage") => new StorageType(ElementType.Float64),
        ("torch" or "torch.cuda", "LongStorage") => new StorageType(ElementType.Int64),
        ("torch" or "torch.cuda", "IntStorage") => new StorageType(ElementType.Int32),
        ("torch" or "torch.cuda", "ShortStorage") => new StorageType(ElementType.Int16),
        ("torch" or "torch.cuda", "CharStorage") => new StorageType(ElementType.Int8),
        ("torch" or "torch.cuda", "ByteStorage") => new StorageType(ElementType.UInt8),
        ("torch" or "torch.cuda", "BoolStorage") => new StorageType(ElementType.Bool),
        ("torch" or "torch.cuda", "QInt8Storage" or "QUInt8Storage") => new StorageType(null, 1, QuantizedTensor),
        ("torch" or "torch.cuda", "QInt32Storage") => new StorageType(null, 4, QuantizedTensor),
        ("torch" or "torch.cuda", "ComplexFloatStorage") => new StorageType(null, 8, "a tensor of complex numbers"),
        ("torch" or "torch.cuda", "ComplexDoubleStorage") => new StorageType(null, 16, "a tensor of complex numbers"),
        ("torch.storage", "UntypedStorage") => new StorageType(null, 1),
        ("torch", "float32") => ElementType.Float32,
        ("torch", "float16") => ElementType.Float16,
        ("torch", "bfloat16") => ElementType.BFloat16,
        ("torch", "float64") => ElementType.Float64,
        ("torch", "int64") => ElementType.Int64,
        ("torch", "int32") => ElementType.Int32,
        ("torch", "int16") => ElementType.Int16,
        ("torch", "int8") => ElementType.Int8,
        ("torch", "uint8") => ElementType.UInt8,
        ("torch", "bool") => ElementType.Bool,
        ("torch._utils", "_rebuild_qtensor") => MakeOpaque(module, name, QuantizedTensor),
        ("torch._utils", "_rebuild_sparse_tensor" or "_rebuild_sparse_csr_tensor") => MakeOpaque(module, name, "a sparse tensor"),
        ("numpy.core.multiarray" or "numpy._core.multiarray", "_reconstruct") => MakeOpaque(module, name, "a NumPy array"),
        _ => MakeOpaque(module, name),
    };

    private PickleOpaque MakeOpaque(string module, string name, string? tensorKind = null)
    {
        string shown = $"{NameList.Shorten(module)}.{NameList.Shorten(name)}";
        Take(ObjectSize + TextSize + NameCharacterSize * shown.Length);
        return new PickleOpaque(shown, _opcodeOffset) { TensorKind = tensorKind };
    }

    /// <summary>An object of a class that is not known is as unknown as the class.</summary>
    private PickleOpaque ExpectClass(object? value) => value as PickleOpaque
        ?? throw Fail("the pickle makes an object of a value that is not a class; it is refused");

    private object? Call(object? function, object? arguments)
    {
        if (function is PickleOpaque unknown)
            return unknown;
        if (function is not PickleFunction known)
            throw Fail("the pickle calls a value that is not a function; it is refused");
        if (arguments is not object?[] list)
            throw Fail("expected the arguments of a call as a tuple");
        switch (known)
        {
            case PickleFunction.OrderedDictionary:
                return MakeOrderedDictionary(list);
            case PickleFunction.Size when list is [object[]]:
                return list[0];
            case PickleFunction.Size when list is [List<object?> extents]:
                CountCopies(extents.Count);
                return extents.ToArray();
            case PickleFunction.Device:
                return null;
            case PickleFunction.RebuildTensor when list is [StorageReference, _, _, _]:
            case PickleFunction.RebuildTensorV2 when list is [StorageReference, _, _, _, _, _, ..]:
                var storage = (StorageReference)list[0]!;
                if (storage.Type.Kind is { } kind)
                    return new PickleOpaque("torch.Tensor", _opcodeOffset) { TensorKind = kind };
                return MakeTensor(storage, storage.Type.Elements ?? throw Fail("the storage has no element type"), list);
            case PickleFunction.RebuildTensorV3 when list is [StorageReference untyped, _, _, _, _, _, ElementType elements, ..]:
                return MakeTensor(untyped, elements, list);
            case PickleFunction.RebuildTensorV3 when list is [StorageReference, _, _, _, _, _, PickleOpaque type, ..]:
                return new PickleOpaque("torch.Tensor", _opcodeOffset) { TensorKind = $"a tensor of type '{type.Name}'" };
            case PickleFunction.RebuildParameter when list is [TensorReference tensor, ..]:
                return tensor;
            case PickleFunction.RebuildSubclass when list is [PickleFunction and not PickleFunction.RebuildSubclass, _, object?[], ..]:
                return Call(list[0], list[2]);
            case PickleFunction.RebuildParameter or PickleFunction.RebuildSubclass or PickleFunction.RebuildTensor or PickleFunction.RebuildTensorV2
                or PickleFunction.RebuildTensorV3 when list is [PickleOpaque part, ..]:
                return part;
            default:
                throw Fail($"the arguments of {known} are not those of a tensor");
        }
    }

    private PickleDictionary MakeOrderedDictionary(object?[] arguments)
    {
        var dictionary = new PickleDictionary();
        switch (arguments)
        {
            case []:
                return dictionary;
            case [List<object?> pairs]:
                CountCopies(pairs.Count);
                foreach (object? pair in pairs)
                {
                    switch (pair)
                    {
                        case object[] and [var key, var value]:
                            Set(dictionary, key, value);
                            break;
                        case List<object?> and [var key, var value]:
                            Set(dictionary, key, value);
                            break;
                        default:
                            throw Fail("expected pairs of key and value");
                    }
                }

                return dictionary;
            default:
                throw Fail("expected an empty OrderedDict or one list of pairs");
        }
    }

    /// <summary>A list can be copied again and again through the memo: all copies together may not outgrow the pickle.</summary>
    private void CountCopies(int count)
    {
        _copied += count;
        if (_copied > _end)
            throw Fail("the pickle copies more values than it holds");
    }

    /// <summary>What stands outside the pickle: the elements of tensors; in old files also the source of a class, which is of no interest.</summary>
    private object ResolvePersistent(object? id) => id switch
    {
        object?[] and [PickleText { Value: "module" }, PickleOpaque source, ..] => source,
        object?[] and [PickleText { Value: "storage" }, PickleOpaque unknown, ..] =>
            new PickleOpaque(unknown.Name, _opcodeOffset) { TensorKind = $"a tensor of type '{unknown.Name}'" },
        _ => MakeStorage(id),
    };

    private StorageReference MakeStorage(object? id)
    {
        if (id is not object?[] { Length: 5 or 6 } parts || parts is not [PickleText { Value: "storage" }, StorageType type, PickleText key, _, long count, ..])
            throw Fail("expected a reference to a storage ('storage', type, key, location, count)");
        if (parts.Length == 6 && parts[5] is not null)
            throw Fail("views of storages, as PyTorch wrote them before version 0.4, are not supported");
        if (count is < 0 or > long.MaxValue / 16)
            throw Fail($"storage '{NameList.Shorten(key.Value)}' declares {count} elements");
        var storage = new StorageReference(key, type, count);
        if (_storages.TryAdd(key, storage))
            Take(EntrySize);
        return storage;
    }

    private TensorReference MakeTensor(StorageReference storage, ElementType elements, object?[] arguments)
    {
        if (arguments is not [_, long offset, object?[] sizes, object?[] steps, ..])
            throw Fail("expected a tensor's offset, shape and strides");
        if (sizes.Length != steps.Length || sizes.Length > MaximumRank)
            throw Fail($"expected as many strides as extents, at most {MaximumRank}, found {steps.Length} and {sizes.Length}");

        var shape = new int[sizes.Length];
        var strides = new long[sizes.Length];
        long count = 1;
        for (int d = 0; d < shape.Length; d++)
        {
            if (sizes[d] is not long extent || extent is < 0 or > int.MaxValue)
                throw Fail($"a tensor's extent {Show(sizes[d])} is not a number between 0 and {int.MaxValue}");
            if (steps[d] is not long stride || stride is < 0 or > int.MaxValue)
                throw Fail($"a tensor's stride {Show(steps[d])} is not a number between 0 and {int.MaxValue}");
            shape[d] = (int)extent;
            strides[d] = stride;
            count *= extent;
            if (count > Array.MaxLength)
                throw Fail($"a tensor has more than {Array.MaxLength} elements");
        }

        var tensor = new TensorReference(storage, elements, offset, shape, strides);
        long available = storage.ByteLength / elements.Size();
        if (offset < 0 || offset > available || tensor.Reach > available - offset)
        {
            throw Fail($"a tensor of shape {Tensor.FormatShape(shape)} reaches from element {offset} over {tensor.Reach} elements of storage "
                + $"'{NameList.Shorten(storage.Key.Value)}', which has {available}");
        }

        return tensor;
    }

    private static string Show(object? value) => value is long or BigInteger or bool or double ? $"{value}" : "of another type";

    /// <summary>Moves the values from an index of the stack on into the list below; an unknown object swallows them.</summary>
    private void AppendItems(int first)
    {
        if (PeekBelow<object>(first, "a list") is not PickleOpaque)
        {
            List<object?> list = PeekBelow<List<object?>>(first, "a list");
            Take(FirstSlotsSize + (long)(_stack.Count - first) * SlotSize);
            list.AddRange(CollectionsMarshal.AsSpan(_stack)[first..]);
        }

        Drop(first);
    }

    /// <summary>Moves the keys and values from an index of the stack on into the dictionary below; an unknown object swallows them.</summary>
    private void SetItems(int first)
    {
        if (PeekBelow<object>(first, "a dictionary") is PickleOpaque)
            Drop(first);
        else
            SetItems(PeekBelow<PickleDictionary>(first, "a dictionary"), first);
    }

    /// <summary>Moves the keys and values from an index of the stack on into a dictionary.</summary>
    private void SetItems(PickleDictionary dictionary, int first)
    {
        if ((_stack.Count - first) % 2 != 0)
            throw Fail("expected as many values as keys");
        for (int i = first; i < _stack.Count; i += 2)
            Set(dictionary, _stack[i], _stack[i + 1]);
        Drop(first);
    }

    /// <summary>An entry whose key is no text is dropped: numbers of parameters, for instance, in the state of an optimizer.</summary>
    private void Set(PickleDictionary dictionary, object? key, object? value)
    {
        if (key is PickleText name)
        {
            if (dictionary.Set(name, value))
                Take(EntrySize);
        }
        else if (key is PickleDictionary or List<object?>)
            throw Fail("a dictionary or a list cannot be a dictionary's key");
    }

    /// <summary>Values below the latest mark are out of reach.</summary>
    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    private void Push(object? value)
    {
        _stack.Add(value);
        if (_stack.Count > _deepest)
        {
            _deepest = _stack.Count;
            Take(SlotSize);
        }
    }

    private void PushNew(object? value, int size)
    {
        Take(size);
        Push(value);
    }

    private void PushText(Encoding encoding, int lengthBytes)
    {
        byte[] bytes = ReadBytes(ReadLength(lengthBytes));
        Take(TextSize + 3L * bytes.Length);
        var text = new PickleText(encoding.GetString(bytes));
        if (bytes.Length > LongestRepeatedText && !_longTexts.Add(text) && _longTexts.TryGetValue(text, out PickleText? known))
            text = known;
        Push(text);
    }

    private void PushBytes(int lengthBytes)
    {
        byte[] bytes = ReadBytes(ReadLength(lengthBytes));
        PushNew(bytes, ObjectSize + bytes.Length);
    }

    private void Take(long bytes) => _budget.Take(bytes, "its pickle");

    private object? Pop()
    {
        if (_stack.Count == Floor)
            throw Fail("a value is missing on the stack");
        object? value = _stack[^1];
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object? Peek() => _stack.Count > Floor ? _stack[^1] : throw Fail("a value is missing on the stack");

    private T Peek<T>(string expected)
        where T : class => Peek() as T ?? throw Fail($"expected {expected} on the stack");

    /// <summary>What stands right below an index of the stack.</summary>
    private T PeekBelow<T>(int index, string expected)
        where T : class
    {
        if (index <= Floor)
            throw Fail("a value is missing on the stack");
        return _stack[index - 1] as T ?? throw Fail($"expected {expected} on the stack");
    }

    private object?[] PopMany(int count)
    {
        if (_stack.Count - count < Floor)
            throw Fail("a value is missing on the stack");
        Take(ObjectSize + count * 8L);
        var values = new object?[count];
        _stack.CopyTo(_stack.Count - count, values, 0, count);
        Drop(_stack.Count - count);
        return values;
    }

    private object?[] PopToMark()
    {
        int first = PopMark();
        return PopMany(_stack.Count - first);
    }

    /// <summary>Takes the latest mark away; returns the index of the first value behind it.</summary>
    private int PopMark()
    {
        if (_marks.Count == 0)
            throw Fail("a mark is missing on the stack");
        int first = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        return first;
    }

    private void Drop(int first) => _stack.RemoveRange(first, _stack.Count - first);

    private void Memoize(uint index)
    {
        if (index > _opcodeOffset)
            throw Fail($"the memo's index {index} is larger than the number of values so far");
        object? value = Peek();
        Take(Math.Max(index + 1L - _memo.Count, 0) * SlotSize);
        while (_memo.Count <= index)
            _memo.Add(Unset);
        _memo[(int)index] = value;
    }

    private object? Recall(uint index) => index < _memo.Count && !ReferenceEquals(_memo[(int)index], Unset)
        ? _memo[(int)index]
        : throw Fail($"the memo has no value {index}");

    private byte ReadByte()
    {
        RequireRoom(1);
        int value = _stream.ReadByte();
        if (value < 0)
            throw Fail("the pickle ends too early");
        _position++;
        return (byte)value;
    }

    private ReadOnlySpan<byte> ReadNumber(int length)
    {
        RequireRoom(length);
        _stream.ReadExactly(_number, 0, length);
        _position += length;
        return _number.AsSpan(0, length);
    }

    /// <summary>A length that the bytes left over can hold.</summary>
    private int ReadLength(int bytes)
    {
        ulong length = bytes switch
        {
            1 => ReadByte(),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(ReadNumber(4)),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(ReadNumber(8)),
        };
        RequireRoom((long)Math.Min(length, long.MaxValue));
        return (int)length;
    }

    private byte[] ReadBytes(int length)
    {
        var bytes = new byte[length];
        _stream.ReadExactly(bytes);
        _position += length;
        return bytes;
    }

    private object ReadInteger(int length)
    {
        RequireRoom(length);
        var value = new BigInteger(ReadBytes(length), isUnsigned: false, isBigEndian: false);
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private string ReadLine()
    {
        Span<char> line = stackalloc char[LongestIdentifier];
        int length = 0;
        while (ReadByte() is var value && value != '\n')
        {
            if (length == line.Length)
                throw Fail($"a name is longer than {LongestIdentifier} characters");
            line[length++] = (char)value;
        }

        return new string(line[..length]);
    }

    private void RequireRoom(long length)
    {
        if (length > _end - _position)
            throw Fail("the pickle ends too early");
        if (length > MaximumLength - _position)
            throw Fail($"the pickle is longer than {MaximumLength} bytes");
    }

    private InvalidDataException Fail(string problem) => new($"{_place}, offset {_opcodeOffset} ({NameOf(_opcode)}): {problem}.");
}
