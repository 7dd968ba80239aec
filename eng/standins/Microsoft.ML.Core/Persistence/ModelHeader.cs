using System.Runtime.InteropServices;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>The first 256 bytes of a stored component. Offsets count from the header's own start.</summary>
/// <remarks>
/// The blocks follow each other without gaps: header, model, string table (Int64 end offset of each string, in bytes), characters
/// (UTF-16), assembly name (UTF-16), tail signature. All numbers are little-endian.
/// </remarks>
[BestFriend]
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct ModelHeader
{
    /// <summary>The characters "ML MODEL" with a zero for the space.</summary>
    public const ulong SignatureValue = 0x4C45444F4D004C4DUL;

    /// <summary>The same backwards.</summary>
    public const ulong TailSignatureValue = 0x4D4C004D4F44454CUL;

    /// <summary>The size of the header in bytes.</summary>
    public const int Size = 256;

    private const uint VersionWithoutAssemblyName = 0x00010001;
    private const uint CurrentVersion = 0x00010002;

    /// <summary><see cref="SignatureValue"/>.</summary>
    [FieldOffset(0x00)]
    public ulong Signature;

    /// <summary>The version of the header.</summary>
    [FieldOffset(0x08)]
    public uint VerWritten;

    /// <summary>The oldest version that can read the header.</summary>
    [FieldOffset(0x0C)]
    public uint VerReadable;

    /// <summary>Where the component's own data start.</summary>
    [FieldOffset(0x10)]
    public long FpModel;

    /// <summary>Their size in bytes.</summary>
    [FieldOffset(0x18)]
    public long CbModel;

    /// <summary>Where the string table starts; 0 if there are no strings.</summary>
    [FieldOffset(0x20)]
    public long FpStringTable;

    /// <summary>Its size in bytes, eight for each string.</summary>
    [FieldOffset(0x28)]
    public long CbStringTable;

    /// <summary>Where the characters of the strings start.</summary>
    [FieldOffset(0x30)]
    public long FpStringChars;

    /// <summary>Their size in bytes.</summary>
    [FieldOffset(0x38)]
    public long CbStringChars;

    /// <summary>The component's signature.</summary>
    [FieldOffset(0x40)]
    public ulong ModelSignature;

    /// <summary>The version of the component's format.</summary>
    [FieldOffset(0x48)]
    public uint ModelVerWritten;

    /// <summary>The oldest version whose readers understand it.</summary>
    [FieldOffset(0x4C)]
    public uint ModelVerReadable;

    /// <summary>Characters 1 to 8 of the loader's name.</summary>
    [FieldOffset(0x50)]
    public ulong LoaderSignature0;

    /// <summary>Characters 9 to 16.</summary>
    [FieldOffset(0x58)]
    public ulong LoaderSignature1;

    /// <summary>Characters 17 to 24.</summary>
    [FieldOffset(0x60)]
    public ulong LoaderSignature2;

    /// <summary>Characters 1 to 8 of the loader's second name.</summary>
    [FieldOffset(0x68)]
    public ulong LoaderSignatureAlt0;

    /// <summary>Characters 9 to 16.</summary>
    [FieldOffset(0x70)]
    public ulong LoaderSignatureAlt1;

    /// <summary>Characters 17 to 24.</summary>
    [FieldOffset(0x78)]
    public ulong LoaderSignatureAlt2;

    /// <summary>Where the tail signature stands.</summary>
    [FieldOffset(0x80)]
    public long FpTail;

    /// <summary>Where everything ends.</summary>
    [FieldOffset(0x88)]
    public long FpLim;

    /// <summary>Where the name of the loader's assembly starts; 0 if there is none.</summary>
    [FieldOffset(0x90)]
    public long FpAssemblyName;

    /// <summary>Its size in bytes.</summary>
    [FieldOffset(0x98)]
    public uint CbAssemblyName;

    /// <summary>Reserves room for a header and starts the model block behind it.</summary>
    public static void BeginWrite(BinaryWriter writer, out long fpMin, out ModelHeader header)
    {
        Contracts.CheckValue(writer, nameof(writer));
        fpMin = writer.FpCur();
        header = new ModelHeader { Signature = SignatureValue, VerWritten = CurrentVersion, VerReadable = CurrentVersion, FpModel = Size };
        writer.Write(new byte[Size]);
    }

    /// <summary>Ends the model block at the writer's position, writes what follows it and fills in the header.</summary>
    public static void EndWrite(BinaryWriter writer, long fpMin, ref ModelHeader header, NormStr.Pool pool = null, string loaderAssemblyName = null)
    {
        Contracts.CheckValue(writer, nameof(writer));
        header.CbModel = writer.FpCur() - fpMin - header.FpModel;
        if (pool != null && pool.Count > 0)
        {
            header.FpStringTable = writer.FpCur() - fpMin;
            header.CbStringTable = pool.Count * (long)sizeof(long);
            long end = 0;
            foreach (NormStr text in pool)
                writer.Write(end += text.Value.Length * (long)sizeof(char));
            header.FpStringChars = writer.FpCur() - fpMin;
            header.CbStringChars = end;
            foreach (NormStr text in pool)
                WriteChars(writer, text.Value.Span);
        }
        if (!string.IsNullOrEmpty(loaderAssemblyName))
        {
            header.FpAssemblyName = writer.FpCur() - fpMin;
            header.CbAssemblyName = (uint)(loaderAssemblyName.Length * sizeof(char));
            WriteChars(writer, loaderAssemblyName);
        }
        header.FpTail = writer.FpCur() - fpMin;
        writer.Write(TailSignatureValue);
        header.FpLim = writer.FpCur() - fpMin;

        writer.Seek(fpMin);
        writer.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<ModelHeader>(in header)));
        writer.Seek(fpMin + header.FpLim);
    }

    /// <summary>Reads and checks a header and what it points to, and leaves the reader at the start of the model block.</summary>
    public static void BeginRead(out long fpMin, out ModelHeader header, out string[] strings, out string loaderAssemblyName, BinaryReader reader)
    {
        Contracts.CheckValue(reader, nameof(reader));
        fpMin = reader.FpCur();
        header = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ModelHeader>(ref header));
        Contracts.CheckDecode(reader.BaseStream.ReadAtLeast(bytes, Size, throwOnEndOfStream: false) == Size, "The model header is cut short.");
        if (!TryValidate(ref header, reader, fpMin, out strings, out loaderAssemblyName, out Exception ex))
            throw ex;
        reader.Seek(fpMin + header.FpModel);
    }

    /// <summary>Checks that the reader stands at the end of the model block and moves it behind the tail.</summary>
    public static void EndRead(long fpMin, ref ModelHeader header, BinaryReader reader)
    {
        long read = reader.FpCur() - fpMin - header.FpModel;
        Contracts.CheckDecode(read == header.CbModel, $"The loader read {read} of the {header.CbModel} bytes of its model block.");
        reader.Seek(fpMin + header.FpLim);
    }

    /// <summary>Checks that the header's offsets describe blocks that follow each other and end at <paramref name="size"/>.</summary>
    public static bool TryValidate(ref ModelHeader header, long size, out Exception ex)
    {
        ex = FindFault(in header, size) is { } fault ? Contracts.ExceptDecode($"The model header is damaged: {fault}.") : null;
        return ex == null;
    }

    /// <summary>Checks the header against the stream and reads strings and assembly name.</summary>
    public static bool TryValidate(
        ref ModelHeader header, BinaryReader reader, long fpMin, out string[] strings, out string loaderAssemblyName, out Exception ex)
    {
        strings = null;
        loaderAssemblyName = null;
        if (!TryValidate(ref header, reader.BaseStream.Length - fpMin, out ex))
            return false;
        strings = ReadStrings(in header, reader, fpMin, out ex);
        if (ex != null)
            return false;
        if (header.CbAssemblyName > 0)
        {
            reader.Seek(fpMin + header.FpAssemblyName);
            loaderAssemblyName = ReadChars(reader, (int)header.CbAssemblyName);
        }
        reader.Seek(fpMin + header.FpTail);
        if (reader.ReadUInt64() != TailSignatureValue)
            ex = Contracts.ExceptDecode("The model's tail signature is wrong.");
        return ex == null;
    }

    /// <summary>Checks the component's signature and version against what the running code can read.</summary>
    public static void CheckVersionInfo(ref ModelHeader header, VersionInfo ver)
    {
        Contracts.CheckDecode(header.ModelSignature == ver.ModelSignature, "Unknown file type");
        Contracts.CheckDecode(header.ModelVerReadable <= header.ModelVerWritten, "Corrupt file header");
        if (header.ModelVerReadable > ver.VerWrittenCur)
        {
            throw Contracts.ExceptDecode(
                $"The component '{ver.LoaderSignature}' is too new: it needs a reader of version 0x{header.ModelVerReadable:X8}, and this one has 0x{ver.VerWrittenCur:X8}.");
        }
        if (header.ModelVerWritten > ver.VerWrittenCur)
        {
            throw Contracts.ExceptDecode(
                $"The component '{ver.LoaderSignature}' was written as version 0x{header.ModelVerWritten:X8}; this reader knows versions up to 0x{ver.VerWrittenCur:X8}.");
        }
        if (header.ModelVerWritten < ver.VerWeCanReadBack)
        {
            throw Contracts.ExceptDecode(
                $"The component '{ver.LoaderSignature}' is too old: it is version 0x{header.ModelVerWritten:X8}, and the oldest readable one is 0x{ver.VerWeCanReadBack:X8}.");
        }
    }

    /// <summary>Records a component's signature, versions and loader.</summary>
    public static void SetVersionInfo(ref ModelHeader header, VersionInfo ver)
    {
        header.ModelSignature = ver.ModelSignature;
        header.ModelVerWritten = ver.VerWrittenCur;
        header.ModelVerReadable = ver.VerReadableCur;
        SetLoaderSig(ref header, ver.LoaderSignature);
        SetLoaderSigAlt(ref header, ver.LoaderSignatureAlt);
    }

    /// <summary>Records the loader's name.</summary>
    public static void SetLoaderSig(ref ModelHeader header, string sig) =>
        (header.LoaderSignature0, header.LoaderSignature1, header.LoaderSignature2) = SignatureText.PackLoader(sig);

    /// <summary>Records the loader's second name.</summary>
    public static void SetLoaderSigAlt(ref ModelHeader header, string sig) =>
        (header.LoaderSignatureAlt0, header.LoaderSignatureAlt1, header.LoaderSignatureAlt2) = SignatureText.PackLoader(sig);

    /// <summary>The loader's name, empty if there is none.</summary>
    public static string GetLoaderSig(ref ModelHeader header) =>
        SignatureText.Unpack(header.LoaderSignature0, header.LoaderSignature1, header.LoaderSignature2);

    /// <summary>The loader's second name, empty if there is none.</summary>
    public static string GetLoaderSigAlt(ref ModelHeader header) =>
        SignatureText.Unpack(header.LoaderSignatureAlt0, header.LoaderSignatureAlt1, header.LoaderSignatureAlt2);

    private static string FindFault(in ModelHeader header, long size)
    {
        if (header.Signature != SignatureValue)
            return "it does not start with the signature of a model";
        if (header.VerReadable > header.VerWritten)
            return "its versions contradict each other";
        if (header.VerReadable > CurrentVersion)
            return $"it needs a reader of version 0x{header.VerReadable:X8}";
        if (header.VerWritten < VersionWithoutAssemblyName)
            return $"its version 0x{header.VerWritten:X8} is too old";

        // Each block must start where the one before it ends; what is absent has both numbers zero.
        if (header.FpModel != Size || header.CbModel < 0 || header.CbModel > size - Size)
            return "the model block does not follow the header or is longer than the data";
        long end = header.FpModel + header.CbModel;
        if (header.FpStringTable == 0)
        {
            if (header.CbStringTable != 0 || header.FpStringChars != 0 || header.CbStringChars != 0)
                return "it has parts of a string table but no string table";
        }
        else
        {
            if (header.FpStringTable != end || header.CbStringTable <= 0 || header.CbStringTable % sizeof(long) != 0 || header.CbStringTable > size - end)
                return "the string table does not follow the model block or has an impossible size";
            end += header.CbStringTable;
            if (header.FpStringChars != end || header.CbStringChars < 0 || header.CbStringChars % sizeof(char) != 0 || header.CbStringChars > size - end)
                return "the characters of the strings do not follow the string table or have an impossible size";
            end += header.CbStringChars;
        }
        if (header.VerWritten > VersionWithoutAssemblyName && header.FpAssemblyName != 0)
        {
            if (header.FpAssemblyName != end || header.CbAssemblyName % sizeof(char) != 0 || header.CbAssemblyName > size - end)
                return "the assembly name does not follow the strings or has an impossible size";
            end += header.CbAssemblyName;
        }
        else if (header.CbAssemblyName != 0)
        {
            return "it gives a size but no place for the assembly name";
        }
        if (header.FpTail != end || header.FpLim != end + sizeof(ulong) || header.FpLim > size)
            return "the tail does not follow the last block or lies behind the end of the data";
        return null;
    }

    private static string[] ReadStrings(in ModelHeader header, BinaryReader reader, long fpMin, out Exception ex)
    {
        ex = null;
        var strings = new string[header.CbStringTable / sizeof(long)];
        if (strings.Length == 0)
            return strings;
        reader.Seek(fpMin + header.FpStringTable);
        var ends = new long[strings.Length];
        long previous = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            ends[i] = reader.ReadInt64();
            if (ends[i] < previous || ends[i] > header.CbStringChars || ends[i] % sizeof(char) != 0 || ends[i] - previous > int.MaxValue)
            {
                ex = Contracts.ExceptDecode($"The model's string table is damaged: string {i} ends at {ends[i]} of {header.CbStringChars} bytes.");
                return null;
            }
            previous = ends[i];
        }
        if (previous != header.CbStringChars)
        {
            ex = Contracts.ExceptDecode($"The model's string table is damaged: it covers {previous} of {header.CbStringChars} bytes.");
            return null;
        }
        long start = 0;
        for (int i = 0; i < strings.Length; i++)
        {
            strings[i] = ReadChars(reader, (int)(ends[i] - start));
            start = ends[i];
        }
        return strings;
    }

    private static string ReadChars(BinaryReader reader, int byteCount) =>
        new(MemoryMarshal.Cast<byte, char>(reader.ReadBytes(byteCount)));

    private static void WriteChars(BinaryWriter writer, ReadOnlySpan<char> characters)
    {
        foreach (char character in characters)
            writer.Write((ushort)character);
    }
}
