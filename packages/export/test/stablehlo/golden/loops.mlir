// Written by chainrule 0.1.0.
module @chainrule attributes {mhlo.num_replicas = 1 : i32, mhlo.num_partitions = 1 : i32} {
  func.func public @main(%arg0: tensor<4x4xf32>, %arg1: tensor<f64>, %arg2: tensor<f64>, %arg3: tensor<5x3x4xf32>, %arg4: tensor<ui64>, %arg5: tensor<ui64>) -> (tensor<f32>, tensor<4x4xf32>, tensor<f64>) {
    %0 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
    %1 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
    %2 = "stablehlo.constant"() <{value = dense<0x3DCCCCCD> : tensor<f32>}> : () -> tensor<f32>
    %3 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %4 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %5 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %258:10 = "stablehlo.while"(%5, %1, %3, %4, %arg3, %arg0, %arg5, %2, %arg4, %arg5) ({
      ^bb0(%6: tensor<i32>, %7: tensor<3x4xf32>, %8: tensor<5x3x4xf32>, %9: tensor<5x3x4xf32>, %10: tensor<5x3x4xf32>, %11: tensor<4x4xf32>, %12: tensor<ui64>, %13: tensor<f32>, %14: tensor<ui64>, %15: tensor<ui64>):
        %16 = "stablehlo.constant"() <{value = dense<5> : tensor<i32>}> : () -> tensor<i32>
        %17 = "stablehlo.compare"(%6, %16) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
        "stablehlo.return"(%17) : (tensor<i1>) -> ()
      }, {
      ^bb0(%18: tensor<i32>, %19: tensor<3x4xf32>, %20: tensor<5x3x4xf32>, %21: tensor<5x3x4xf32>, %22: tensor<5x3x4xf32>, %23: tensor<4x4xf32>, %24: tensor<ui64>, %25: tensor<f32>, %26: tensor<ui64>, %27: tensor<ui64>):
        %28 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
        %29 = "stablehlo.dynamic_slice"(%22, %18, %28, %28) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %30 = "stablehlo.reshape"(%29) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %31 = "stablehlo.convert"(%18) : (tensor<i32>) -> tensor<ui64>
        %32 = "stablehlo.constant"() <{value = dense<6> : tensor<ui64>}> : () -> tensor<ui64>
        %33 = "stablehlo.multiply"(%31, %32) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %34 = "stablehlo.add"(%26, %33) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %35 = "stablehlo.dot_general"(%19, %23) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
        %36 = "stablehlo.add"(%35, %30) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %37 = "stablehlo.constant"() <{value = dense<32> : tensor<ui64>}> : () -> tensor<ui64>
        %38 = "stablehlo.shift_right_logical"(%24, %37) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %39 = "stablehlo.convert"(%24) : (tensor<ui64>) -> tensor<ui32>
        %40 = "stablehlo.convert"(%38) : (tensor<ui64>) -> tensor<ui32>
        %41 = "stablehlo.constant"() <{value = dense<466688986> : tensor<ui32>}> : () -> tensor<ui32>
        %42 = "stablehlo.xor"(%41, %39) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
        %43 = "stablehlo.xor"(%42, %40) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
        %44 = "stablehlo.broadcast_in_dim"(%39) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %45 = "stablehlo.broadcast_in_dim"(%40) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %46 = "stablehlo.broadcast_in_dim"(%43) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %47 = "stablehlo.broadcast_in_dim"(%34) <{broadcast_dimensions = array<i64>}> : (tensor<ui64>) -> tensor<6xui64>
        %48 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<6xui64>
        %49 = "stablehlo.add"(%47, %48) : (tensor<6xui64>, tensor<6xui64>) -> tensor<6xui64>
        %50 = "stablehlo.broadcast_in_dim"(%37) <{broadcast_dimensions = array<i64>}> : (tensor<ui64>) -> tensor<6xui64>
        %51 = "stablehlo.shift_right_logical"(%49, %50) : (tensor<6xui64>, tensor<6xui64>) -> tensor<6xui64>
        %52 = "stablehlo.convert"(%49) : (tensor<6xui64>) -> tensor<6xui32>
        %53 = "stablehlo.convert"(%51) : (tensor<6xui64>) -> tensor<6xui32>
        %54 = "stablehlo.add"(%52, %44) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %55 = "stablehlo.add"(%53, %45) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %56 = "stablehlo.add"(%54, %55) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %57 = "stablehlo.constant"() <{value = dense<13> : tensor<ui32>}> : () -> tensor<ui32>
        %58 = "stablehlo.broadcast_in_dim"(%57) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %59 = "stablehlo.shift_left"(%55, %58) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %60 = "stablehlo.constant"() <{value = dense<19> : tensor<ui32>}> : () -> tensor<ui32>
        %61 = "stablehlo.broadcast_in_dim"(%60) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %62 = "stablehlo.shift_right_logical"(%55, %61) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %63 = "stablehlo.or"(%59, %62) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %64 = "stablehlo.xor"(%63, %56) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %65 = "stablehlo.add"(%56, %64) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %66 = "stablehlo.constant"() <{value = dense<15> : tensor<ui32>}> : () -> tensor<ui32>
        %67 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %68 = "stablehlo.shift_left"(%64, %67) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %69 = "stablehlo.constant"() <{value = dense<17> : tensor<ui32>}> : () -> tensor<ui32>
        %70 = "stablehlo.broadcast_in_dim"(%69) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %71 = "stablehlo.shift_right_logical"(%64, %70) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %72 = "stablehlo.or"(%68, %71) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %73 = "stablehlo.xor"(%72, %65) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %74 = "stablehlo.add"(%65, %73) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %75 = "stablehlo.constant"() <{value = dense<26> : tensor<ui32>}> : () -> tensor<ui32>
        %76 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %77 = "stablehlo.shift_left"(%73, %76) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %78 = "stablehlo.constant"() <{value = dense<6> : tensor<ui32>}> : () -> tensor<ui32>
        %79 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %80 = "stablehlo.shift_right_logical"(%73, %79) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %81 = "stablehlo.or"(%77, %80) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %82 = "stablehlo.xor"(%81, %74) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %83 = "stablehlo.add"(%74, %82) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %84 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %85 = "stablehlo.shift_left"(%82, %84) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %86 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %87 = "stablehlo.shift_right_logical"(%82, %86) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %88 = "stablehlo.or"(%85, %87) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %89 = "stablehlo.xor"(%88, %83) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %90 = "stablehlo.add"(%83, %45) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %91 = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}> : () -> tensor<ui32>
        %92 = "stablehlo.broadcast_in_dim"(%91) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %93 = "stablehlo.add"(%46, %92) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %94 = "stablehlo.add"(%89, %93) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %95 = "stablehlo.add"(%90, %94) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %96 = "stablehlo.broadcast_in_dim"(%69) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %97 = "stablehlo.shift_left"(%94, %96) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %98 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %99 = "stablehlo.shift_right_logical"(%94, %98) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %100 = "stablehlo.or"(%97, %99) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %101 = "stablehlo.xor"(%100, %95) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %102 = "stablehlo.add"(%95, %101) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %103 = "stablehlo.constant"() <{value = dense<29> : tensor<ui32>}> : () -> tensor<ui32>
        %104 = "stablehlo.broadcast_in_dim"(%103) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %105 = "stablehlo.shift_left"(%101, %104) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %106 = "stablehlo.constant"() <{value = dense<3> : tensor<ui32>}> : () -> tensor<ui32>
        %107 = "stablehlo.broadcast_in_dim"(%106) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %108 = "stablehlo.shift_right_logical"(%101, %107) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %109 = "stablehlo.or"(%105, %108) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %110 = "stablehlo.xor"(%109, %102) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %111 = "stablehlo.add"(%102, %110) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %112 = "stablehlo.constant"() <{value = dense<16> : tensor<ui32>}> : () -> tensor<ui32>
        %113 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %114 = "stablehlo.shift_left"(%110, %113) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %115 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %116 = "stablehlo.shift_right_logical"(%110, %115) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %117 = "stablehlo.or"(%114, %116) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %118 = "stablehlo.xor"(%117, %111) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %119 = "stablehlo.add"(%111, %118) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %120 = "stablehlo.constant"() <{value = dense<24> : tensor<ui32>}> : () -> tensor<ui32>
        %121 = "stablehlo.broadcast_in_dim"(%120) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %122 = "stablehlo.shift_left"(%118, %121) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %123 = "stablehlo.constant"() <{value = dense<8> : tensor<ui32>}> : () -> tensor<ui32>
        %124 = "stablehlo.broadcast_in_dim"(%123) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %125 = "stablehlo.shift_right_logical"(%118, %124) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %126 = "stablehlo.or"(%122, %125) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %127 = "stablehlo.xor"(%126, %119) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %128 = "stablehlo.add"(%119, %46) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %129 = "stablehlo.constant"() <{value = dense<2> : tensor<ui32>}> : () -> tensor<ui32>
        %130 = "stablehlo.broadcast_in_dim"(%129) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %131 = "stablehlo.add"(%44, %130) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %132 = "stablehlo.add"(%127, %131) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %133 = "stablehlo.add"(%128, %132) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %134 = "stablehlo.broadcast_in_dim"(%57) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %135 = "stablehlo.shift_left"(%132, %134) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %136 = "stablehlo.broadcast_in_dim"(%60) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %137 = "stablehlo.shift_right_logical"(%132, %136) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %138 = "stablehlo.or"(%135, %137) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %139 = "stablehlo.xor"(%138, %133) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %140 = "stablehlo.add"(%133, %139) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %141 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %142 = "stablehlo.shift_left"(%139, %141) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %143 = "stablehlo.broadcast_in_dim"(%69) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %144 = "stablehlo.shift_right_logical"(%139, %143) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %145 = "stablehlo.or"(%142, %144) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %146 = "stablehlo.xor"(%145, %140) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %147 = "stablehlo.add"(%140, %146) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %148 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %149 = "stablehlo.shift_left"(%146, %148) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %150 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %151 = "stablehlo.shift_right_logical"(%146, %150) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %152 = "stablehlo.or"(%149, %151) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %153 = "stablehlo.xor"(%152, %147) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %154 = "stablehlo.add"(%147, %153) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %155 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %156 = "stablehlo.shift_left"(%153, %155) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %157 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %158 = "stablehlo.shift_right_logical"(%153, %157) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %159 = "stablehlo.or"(%156, %158) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %160 = "stablehlo.xor"(%159, %154) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %161 = "stablehlo.add"(%154, %44) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %162 = "stablehlo.broadcast_in_dim"(%106) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %163 = "stablehlo.add"(%45, %162) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %164 = "stablehlo.add"(%160, %163) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %165 = "stablehlo.add"(%161, %164) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %166 = "stablehlo.broadcast_in_dim"(%69) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %167 = "stablehlo.shift_left"(%164, %166) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %168 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %169 = "stablehlo.shift_right_logical"(%164, %168) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %170 = "stablehlo.or"(%167, %169) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %171 = "stablehlo.xor"(%170, %165) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %172 = "stablehlo.add"(%165, %171) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %173 = "stablehlo.broadcast_in_dim"(%103) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %174 = "stablehlo.shift_left"(%171, %173) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %175 = "stablehlo.broadcast_in_dim"(%106) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %176 = "stablehlo.shift_right_logical"(%171, %175) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %177 = "stablehlo.or"(%174, %176) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %178 = "stablehlo.xor"(%177, %172) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %179 = "stablehlo.add"(%172, %178) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %180 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %181 = "stablehlo.shift_left"(%178, %180) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %182 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %183 = "stablehlo.shift_right_logical"(%178, %182) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %184 = "stablehlo.or"(%181, %183) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %185 = "stablehlo.xor"(%184, %179) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %186 = "stablehlo.add"(%179, %185) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %187 = "stablehlo.broadcast_in_dim"(%120) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %188 = "stablehlo.shift_left"(%185, %187) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %189 = "stablehlo.broadcast_in_dim"(%123) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %190 = "stablehlo.shift_right_logical"(%185, %189) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %191 = "stablehlo.or"(%188, %190) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %192 = "stablehlo.xor"(%191, %186) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %193 = "stablehlo.add"(%186, %45) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %194 = "stablehlo.constant"() <{value = dense<4> : tensor<ui32>}> : () -> tensor<ui32>
        %195 = "stablehlo.broadcast_in_dim"(%194) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %196 = "stablehlo.add"(%46, %195) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %197 = "stablehlo.add"(%192, %196) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %198 = "stablehlo.add"(%193, %197) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %199 = "stablehlo.broadcast_in_dim"(%57) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %200 = "stablehlo.shift_left"(%197, %199) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %201 = "stablehlo.broadcast_in_dim"(%60) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %202 = "stablehlo.shift_right_logical"(%197, %201) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %203 = "stablehlo.or"(%200, %202) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %204 = "stablehlo.xor"(%203, %198) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %205 = "stablehlo.add"(%198, %204) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %206 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %207 = "stablehlo.shift_left"(%204, %206) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %208 = "stablehlo.broadcast_in_dim"(%69) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %209 = "stablehlo.shift_right_logical"(%204, %208) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %210 = "stablehlo.or"(%207, %209) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %211 = "stablehlo.xor"(%210, %205) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %212 = "stablehlo.add"(%205, %211) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %213 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %214 = "stablehlo.shift_left"(%211, %213) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %215 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %216 = "stablehlo.shift_right_logical"(%211, %215) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %217 = "stablehlo.or"(%214, %216) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %218 = "stablehlo.xor"(%217, %212) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %219 = "stablehlo.add"(%212, %218) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %220 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %221 = "stablehlo.shift_left"(%218, %220) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %222 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %223 = "stablehlo.shift_right_logical"(%218, %222) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %224 = "stablehlo.or"(%221, %223) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %225 = "stablehlo.xor"(%224, %219) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %226 = "stablehlo.add"(%219, %46) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %227 = "stablehlo.constant"() <{value = dense<5> : tensor<ui32>}> : () -> tensor<ui32>
        %228 = "stablehlo.broadcast_in_dim"(%227) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %229 = "stablehlo.add"(%44, %228) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %230 = "stablehlo.add"(%225, %229) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %231 = "stablehlo.broadcast_in_dim"(%123) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %232 = "stablehlo.shift_right_logical"(%226, %231) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %233 = "stablehlo.convert"(%232) : (tensor<6xui32>) -> tensor<6xf32>
        %234 = "stablehlo.constant"() <{value = dense<0x33800000> : tensor<f32>}> : () -> tensor<f32>
        %235 = "stablehlo.broadcast_in_dim"(%234) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<6xf32>
        %236 = "stablehlo.multiply"(%233, %235) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
        %237 = "stablehlo.broadcast_in_dim"(%123) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %238 = "stablehlo.shift_right_logical"(%230, %237) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %239 = "stablehlo.convert"(%238) : (tensor<6xui32>) -> tensor<6xf32>
        %240 = "stablehlo.broadcast_in_dim"(%234) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<6xf32>
        %241 = "stablehlo.multiply"(%239, %240) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
        %242 = "stablehlo.reshape"(%236) : (tensor<6xf32>) -> tensor<6x1xf32>
        %243 = "stablehlo.reshape"(%241) : (tensor<6xf32>) -> tensor<6x1xf32>
        %244 = "stablehlo.concatenate"(%242, %243) <{dimension = 1 : i64}> : (tensor<6x1xf32>, tensor<6x1xf32>) -> tensor<6x2xf32>
        %245 = "stablehlo.reshape"(%244) : (tensor<6x2xf32>) -> tensor<12xf32>
        %246 = "stablehlo.reshape"(%245) : (tensor<12xf32>) -> tensor<3x4xf32>
        %247 = "stablehlo.broadcast_in_dim"(%25) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %248 = "stablehlo.multiply"(%246, %247) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %249 = "stablehlo.add"(%36, %248) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %250 = "stablehlo.tanh"(%249) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %251 = "stablehlo.multiply"(%250, %250) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %252 = "stablehlo.reshape"(%251) : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
        %253 = "stablehlo.dynamic_update_slice"(%20, %252, %18, %28, %28) : (tensor<5x3x4xf32>, tensor<1x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<5x3x4xf32>
        %254 = "stablehlo.reshape"(%19) : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
        %255 = "stablehlo.dynamic_update_slice"(%21, %254, %18, %28, %28) : (tensor<5x3x4xf32>, tensor<1x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<5x3x4xf32>
        %256 = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
        %257 = "stablehlo.add"(%18, %256) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        "stablehlo.return"(%257, %250, %253, %255, %22, %23, %24, %25, %26, %27) : (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>) -> ()
      }) : (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>) -> (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>)
    %259 = "stablehlo.abs"(%258#1) : (tensor<3x4xf32>) -> tensor<3x4xf32>
    %263 = "stablehlo.reduce"(%259, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%260: tensor<f32>, %261: tensor<f32>):
        %262 = "stablehlo.add"(%260, %261) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%262) : (tensor<f32>) -> ()
      }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
    %264 = "stablehlo.constant"() <{value = dense<0x42480000> : tensor<f32>}> : () -> tensor<f32>
    %265 = "stablehlo.compare"(%263, %264) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %266 = "stablehlo.constant"() <{value = dense<0x3FC00000> : tensor<f32>}> : () -> tensor<f32>
    %293:6 = "stablehlo.while"(%5, %265, %258#1, %266, %264, %arg5) ({
      ^bb0(%267: tensor<i32>, %268: tensor<i1>, %269: tensor<3x4xf32>, %270: tensor<f32>, %271: tensor<f32>, %272: tensor<ui64>):
        %273 = "stablehlo.constant"() <{value = dense<2147483647> : tensor<i32>}> : () -> tensor<i32>
        %274 = "stablehlo.compare"(%267, %273) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
        %275 = "stablehlo.and"(%268, %274) : (tensor<i1>, tensor<i1>) -> tensor<i1>
        "stablehlo.return"(%275) : (tensor<i1>) -> ()
      }, {
      ^bb0(%276: tensor<i32>, %277: tensor<i1>, %278: tensor<3x4xf32>, %279: tensor<f32>, %280: tensor<f32>, %281: tensor<ui64>):
        %282 = "stablehlo.broadcast_in_dim"(%279) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %283 = "stablehlo.multiply"(%278, %282) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %284 = "stablehlo.abs"(%283) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %285 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %289 = "stablehlo.reduce"(%284, %285) <{dimensions = array<i64: 0, 1>}> ({
          ^bb0(%286: tensor<f32>, %287: tensor<f32>):
            %288 = "stablehlo.add"(%286, %287) : (tensor<f32>, tensor<f32>) -> tensor<f32>
            "stablehlo.return"(%288) : (tensor<f32>) -> ()
          }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
        %290 = "stablehlo.compare"(%289, %280) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
        %291 = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
        %292 = "stablehlo.add"(%276, %291) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        "stablehlo.return"(%292, %290, %283, %279, %280, %281) : (tensor<i32>, tensor<i1>, tensor<3x4xf32>, tensor<f32>, tensor<f32>, tensor<ui64>) -> ()
      }) : (tensor<i32>, tensor<i1>, tensor<3x4xf32>, tensor<f32>, tensor<f32>, tensor<ui64>) -> (tensor<i32>, tensor<i1>, tensor<3x4xf32>, tensor<f32>, tensor<f32>, tensor<ui64>)
    %297 = "stablehlo.reduce"(%258#2, %0) <{dimensions = array<i64: 0, 1, 2>}> ({
      ^bb0(%294: tensor<f32>, %295: tensor<f32>):
        %296 = "stablehlo.add"(%294, %295) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%296) : (tensor<f32>) -> ()
      }) : (tensor<5x3x4xf32>, tensor<f32>) -> tensor<f32>
    %298 = "stablehlo.constant"() <{value = dense<0x40A00000> : tensor<f32>}> : () -> tensor<f32>
    %299 = "stablehlo.compare"(%297, %298) <{comparison_direction = #stablehlo<comparison_direction GT>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %303 = "stablehlo.reduce"(%arg0, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%300: tensor<f32>, %301: tensor<f32>):
        %302 = "stablehlo.add"(%300, %301) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%302) : (tensor<f32>) -> ()
      }) : (tensor<4x4xf32>, tensor<f32>) -> tensor<f32>
    %304 = "stablehlo.convert"(%299) : (tensor<i1>) -> tensor<i32>
    %308 = "stablehlo.case"(%304) ({
        %305 = "stablehlo.exponential"(%258#1) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        "stablehlo.return"(%305) : (tensor<3x4xf32>) -> ()
      }, {
        %306 = "stablehlo.broadcast_in_dim"(%303) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %307 = "stablehlo.multiply"(%258#1, %306) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        "stablehlo.return"(%307) : (tensor<3x4xf32>) -> ()
      }) : (tensor<i32>) -> tensor<3x4xf32>
    %312 = "stablehlo.reduce"(%258#2, %0) <{dimensions = array<i64: 0, 1, 2>}> ({
      ^bb0(%309: tensor<f32>, %310: tensor<f32>):
        %311 = "stablehlo.add"(%309, %310) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%311) : (tensor<f32>) -> ()
      }) : (tensor<5x3x4xf32>, tensor<f32>) -> tensor<f32>
    %313 = "stablehlo.constant"() <{value = dense<0x42700000> : tensor<f32>}> : () -> tensor<f32>
    %314 = "stablehlo.divide"(%312, %313) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %318 = "stablehlo.reduce"(%308, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%315: tensor<f32>, %316: tensor<f32>):
        %317 = "stablehlo.add"(%315, %316) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%317) : (tensor<f32>) -> ()
      }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
    %319 = "stablehlo.constant"() <{value = dense<0x41400000> : tensor<f32>}> : () -> tensor<f32>
    %320 = "stablehlo.divide"(%318, %319) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %321 = "stablehlo.add"(%314, %320) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %325 = "stablehlo.reduce"(%293#2, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%322: tensor<f32>, %323: tensor<f32>):
        %324 = "stablehlo.add"(%322, %323) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%324) : (tensor<f32>) -> ()
      }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
    %326 = "stablehlo.divide"(%325, %319) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %327 = "stablehlo.constant"() <{value = dense<0x3A83126F> : tensor<f32>}> : () -> tensor<f32>
    %328 = "stablehlo.multiply"(%326, %327) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %329 = "stablehlo.add"(%321, %328) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %330 = "stablehlo.constant"() <{value = dense<0x3F800000> : tensor<f32>}> : () -> tensor<f32>
    %331 = "stablehlo.divide"(%330, %319) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %332 = "stablehlo.compare"(%330, %0) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %333 = "stablehlo.multiply"(%330, %331) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %334 = "stablehlo.select"(%332, %0, %333) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
    %335 = "stablehlo.reshape"(%334) : (tensor<f32>) -> tensor<1x1xf32>
    %336 = "stablehlo.reshape"(%335) : (tensor<1x1xf32>) -> tensor<f32>
    %337 = "stablehlo.broadcast_in_dim"(%336) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
    %338 = "stablehlo.divide"(%330, %313) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %339 = "stablehlo.compare"(%330, %0) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %340 = "stablehlo.multiply"(%330, %338) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %341 = "stablehlo.select"(%339, %0, %340) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
    %342 = "stablehlo.reshape"(%341) : (tensor<f32>) -> tensor<1x1x1xf32>
    %343 = "stablehlo.reshape"(%342) : (tensor<1x1x1xf32>) -> tensor<f32>
    %344 = "stablehlo.broadcast_in_dim"(%343) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %345 = "stablehlo.convert"(%299) : (tensor<i1>) -> tensor<i32>
    %369:2 = "stablehlo.case"(%345) ({
        %346 = "stablehlo.exponential"(%258#1) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %347 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %348 = "stablehlo.broadcast_in_dim"(%347) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %349 = "stablehlo.compare"(%337, %348) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %350 = "stablehlo.broadcast_in_dim"(%347) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %351 = "stablehlo.multiply"(%337, %346) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %352 = "stablehlo.select"(%349, %350, %351) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        "stablehlo.return"(%352, %347) : (tensor<3x4xf32>, tensor<f32>) -> ()
      }, {
        %353 = "stablehlo.broadcast_in_dim"(%303) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %354 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %355 = "stablehlo.broadcast_in_dim"(%354) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %356 = "stablehlo.compare"(%337, %355) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %357 = "stablehlo.broadcast_in_dim"(%354) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %358 = "stablehlo.multiply"(%337, %353) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %359 = "stablehlo.select"(%356, %357, %358) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %360 = "stablehlo.broadcast_in_dim"(%354) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %361 = "stablehlo.compare"(%337, %360) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %362 = "stablehlo.broadcast_in_dim"(%354) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %363 = "stablehlo.multiply"(%337, %258#1) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %364 = "stablehlo.select"(%361, %362, %363) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %368 = "stablehlo.reduce"(%364, %354) <{dimensions = array<i64: 0, 1>}> ({
          ^bb0(%365: tensor<f32>, %366: tensor<f32>):
            %367 = "stablehlo.add"(%365, %366) : (tensor<f32>, tensor<f32>) -> tensor<f32>
            "stablehlo.return"(%367) : (tensor<f32>) -> ()
          }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%359, %368) : (tensor<3x4xf32>, tensor<f32>) -> ()
      }) : (tensor<i32>) -> (tensor<3x4xf32>, tensor<f32>)
    %370 = "stablehlo.reshape"(%369#1) : (tensor<f32>) -> tensor<1x1xf32>
    %371 = "stablehlo.reshape"(%370) : (tensor<1x1xf32>) -> tensor<f32>
    %372 = "stablehlo.broadcast_in_dim"(%371) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x4xf32>
    %373 = "stablehlo.constant"() <{value = dense<0x40800000> : tensor<f32>}> : () -> tensor<f32>
    %374 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x4xf32>
    %659:12 = "stablehlo.while"(%5, %369#0, %374, %258#3, %arg3, %344, %arg0, %arg5, %2, %373, %arg4, %arg5) ({
      ^bb0(%375: tensor<i32>, %376: tensor<3x4xf32>, %377: tensor<4x4xf32>, %378: tensor<5x3x4xf32>, %379: tensor<5x3x4xf32>, %380: tensor<5x3x4xf32>, %381: tensor<4x4xf32>, %382: tensor<ui64>, %383: tensor<f32>, %384: tensor<f32>, %385: tensor<ui64>, %386: tensor<ui64>):
        %387 = "stablehlo.constant"() <{value = dense<5> : tensor<i32>}> : () -> tensor<i32>
        %388 = "stablehlo.compare"(%375, %387) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
        "stablehlo.return"(%388) : (tensor<i1>) -> ()
      }, {
      ^bb0(%389: tensor<i32>, %390: tensor<3x4xf32>, %391: tensor<4x4xf32>, %392: tensor<5x3x4xf32>, %393: tensor<5x3x4xf32>, %394: tensor<5x3x4xf32>, %395: tensor<4x4xf32>, %396: tensor<ui64>, %397: tensor<f32>, %398: tensor<f32>, %399: tensor<ui64>, %400: tensor<ui64>):
        %401 = "stablehlo.constant"() <{value = dense<4> : tensor<i32>}> : () -> tensor<i32>
        %402 = "stablehlo.subtract"(%401, %389) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        %403 = "stablehlo.subtract"(%401, %389) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        %404 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
        %405 = "stablehlo.dynamic_slice"(%392, %402, %404, %404) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %406 = "stablehlo.reshape"(%405) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %407 = "stablehlo.dynamic_slice"(%393, %402, %404, %404) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %408 = "stablehlo.reshape"(%407) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %409 = "stablehlo.dynamic_slice"(%394, %402, %404, %404) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %410 = "stablehlo.reshape"(%409) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %411 = "stablehlo.convert"(%403) : (tensor<i32>) -> tensor<ui64>
        %412 = "stablehlo.constant"() <{value = dense<6> : tensor<ui64>}> : () -> tensor<ui64>
        %413 = "stablehlo.multiply"(%411, %412) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %414 = "stablehlo.add"(%399, %413) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %415 = "stablehlo.dot_general"(%406, %395) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
        %416 = "stablehlo.add"(%415, %408) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %417 = "stablehlo.constant"() <{value = dense<32> : tensor<ui64>}> : () -> tensor<ui64>
        %418 = "stablehlo.shift_right_logical"(%396, %417) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %419 = "stablehlo.convert"(%396) : (tensor<ui64>) -> tensor<ui32>
        %420 = "stablehlo.convert"(%418) : (tensor<ui64>) -> tensor<ui32>
        %421 = "stablehlo.constant"() <{value = dense<466688986> : tensor<ui32>}> : () -> tensor<ui32>
        %422 = "stablehlo.xor"(%421, %419) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
        %423 = "stablehlo.xor"(%422, %420) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
        %424 = "stablehlo.broadcast_in_dim"(%419) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %425 = "stablehlo.broadcast_in_dim"(%420) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %426 = "stablehlo.broadcast_in_dim"(%423) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %427 = "stablehlo.broadcast_in_dim"(%414) <{broadcast_dimensions = array<i64>}> : (tensor<ui64>) -> tensor<6xui64>
        %428 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<6xui64>
        %429 = "stablehlo.add"(%427, %428) : (tensor<6xui64>, tensor<6xui64>) -> tensor<6xui64>
        %430 = "stablehlo.broadcast_in_dim"(%417) <{broadcast_dimensions = array<i64>}> : (tensor<ui64>) -> tensor<6xui64>
        %431 = "stablehlo.shift_right_logical"(%429, %430) : (tensor<6xui64>, tensor<6xui64>) -> tensor<6xui64>
        %432 = "stablehlo.convert"(%429) : (tensor<6xui64>) -> tensor<6xui32>
        %433 = "stablehlo.convert"(%431) : (tensor<6xui64>) -> tensor<6xui32>
        %434 = "stablehlo.add"(%432, %424) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %435 = "stablehlo.add"(%433, %425) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %436 = "stablehlo.add"(%434, %435) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %437 = "stablehlo.constant"() <{value = dense<13> : tensor<ui32>}> : () -> tensor<ui32>
        %438 = "stablehlo.broadcast_in_dim"(%437) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %439 = "stablehlo.shift_left"(%435, %438) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %440 = "stablehlo.constant"() <{value = dense<19> : tensor<ui32>}> : () -> tensor<ui32>
        %441 = "stablehlo.broadcast_in_dim"(%440) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %442 = "stablehlo.shift_right_logical"(%435, %441) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %443 = "stablehlo.or"(%439, %442) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %444 = "stablehlo.xor"(%443, %436) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %445 = "stablehlo.add"(%436, %444) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %446 = "stablehlo.constant"() <{value = dense<15> : tensor<ui32>}> : () -> tensor<ui32>
        %447 = "stablehlo.broadcast_in_dim"(%446) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %448 = "stablehlo.shift_left"(%444, %447) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %449 = "stablehlo.constant"() <{value = dense<17> : tensor<ui32>}> : () -> tensor<ui32>
        %450 = "stablehlo.broadcast_in_dim"(%449) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %451 = "stablehlo.shift_right_logical"(%444, %450) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %452 = "stablehlo.or"(%448, %451) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %453 = "stablehlo.xor"(%452, %445) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %454 = "stablehlo.add"(%445, %453) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %455 = "stablehlo.constant"() <{value = dense<26> : tensor<ui32>}> : () -> tensor<ui32>
        %456 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %457 = "stablehlo.shift_left"(%453, %456) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %458 = "stablehlo.constant"() <{value = dense<6> : tensor<ui32>}> : () -> tensor<ui32>
        %459 = "stablehlo.broadcast_in_dim"(%458) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %460 = "stablehlo.shift_right_logical"(%453, %459) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %461 = "stablehlo.or"(%457, %460) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %462 = "stablehlo.xor"(%461, %454) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %463 = "stablehlo.add"(%454, %462) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %464 = "stablehlo.broadcast_in_dim"(%458) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %465 = "stablehlo.shift_left"(%462, %464) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %466 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %467 = "stablehlo.shift_right_logical"(%462, %466) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %468 = "stablehlo.or"(%465, %467) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %469 = "stablehlo.xor"(%468, %463) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %470 = "stablehlo.add"(%463, %425) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %471 = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}> : () -> tensor<ui32>
        %472 = "stablehlo.broadcast_in_dim"(%471) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %473 = "stablehlo.add"(%426, %472) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %474 = "stablehlo.add"(%469, %473) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %475 = "stablehlo.add"(%470, %474) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %476 = "stablehlo.broadcast_in_dim"(%449) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %477 = "stablehlo.shift_left"(%474, %476) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %478 = "stablehlo.broadcast_in_dim"(%446) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %479 = "stablehlo.shift_right_logical"(%474, %478) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %480 = "stablehlo.or"(%477, %479) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %481 = "stablehlo.xor"(%480, %475) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %482 = "stablehlo.add"(%475, %481) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %483 = "stablehlo.constant"() <{value = dense<29> : tensor<ui32>}> : () -> tensor<ui32>
        %484 = "stablehlo.broadcast_in_dim"(%483) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %485 = "stablehlo.shift_left"(%481, %484) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %486 = "stablehlo.constant"() <{value = dense<3> : tensor<ui32>}> : () -> tensor<ui32>
        %487 = "stablehlo.broadcast_in_dim"(%486) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %488 = "stablehlo.shift_right_logical"(%481, %487) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %489 = "stablehlo.or"(%485, %488) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %490 = "stablehlo.xor"(%489, %482) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %491 = "stablehlo.add"(%482, %490) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %492 = "stablehlo.constant"() <{value = dense<16> : tensor<ui32>}> : () -> tensor<ui32>
        %493 = "stablehlo.broadcast_in_dim"(%492) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %494 = "stablehlo.shift_left"(%490, %493) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %495 = "stablehlo.broadcast_in_dim"(%492) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %496 = "stablehlo.shift_right_logical"(%490, %495) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %497 = "stablehlo.or"(%494, %496) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %498 = "stablehlo.xor"(%497, %491) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %499 = "stablehlo.add"(%491, %498) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %500 = "stablehlo.constant"() <{value = dense<24> : tensor<ui32>}> : () -> tensor<ui32>
        %501 = "stablehlo.broadcast_in_dim"(%500) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %502 = "stablehlo.shift_left"(%498, %501) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %503 = "stablehlo.constant"() <{value = dense<8> : tensor<ui32>}> : () -> tensor<ui32>
        %504 = "stablehlo.broadcast_in_dim"(%503) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %505 = "stablehlo.shift_right_logical"(%498, %504) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %506 = "stablehlo.or"(%502, %505) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %507 = "stablehlo.xor"(%506, %499) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %508 = "stablehlo.add"(%499, %426) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %509 = "stablehlo.constant"() <{value = dense<2> : tensor<ui32>}> : () -> tensor<ui32>
        %510 = "stablehlo.broadcast_in_dim"(%509) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %511 = "stablehlo.add"(%424, %510) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %512 = "stablehlo.add"(%507, %511) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %513 = "stablehlo.add"(%508, %512) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %514 = "stablehlo.broadcast_in_dim"(%437) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %515 = "stablehlo.shift_left"(%512, %514) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %516 = "stablehlo.broadcast_in_dim"(%440) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %517 = "stablehlo.shift_right_logical"(%512, %516) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %518 = "stablehlo.or"(%515, %517) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %519 = "stablehlo.xor"(%518, %513) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %520 = "stablehlo.add"(%513, %519) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %521 = "stablehlo.broadcast_in_dim"(%446) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %522 = "stablehlo.shift_left"(%519, %521) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %523 = "stablehlo.broadcast_in_dim"(%449) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %524 = "stablehlo.shift_right_logical"(%519, %523) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %525 = "stablehlo.or"(%522, %524) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %526 = "stablehlo.xor"(%525, %520) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %527 = "stablehlo.add"(%520, %526) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %528 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %529 = "stablehlo.shift_left"(%526, %528) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %530 = "stablehlo.broadcast_in_dim"(%458) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %531 = "stablehlo.shift_right_logical"(%526, %530) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %532 = "stablehlo.or"(%529, %531) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %533 = "stablehlo.xor"(%532, %527) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %534 = "stablehlo.add"(%527, %533) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %535 = "stablehlo.broadcast_in_dim"(%458) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %536 = "stablehlo.shift_left"(%533, %535) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %537 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %538 = "stablehlo.shift_right_logical"(%533, %537) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %539 = "stablehlo.or"(%536, %538) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %540 = "stablehlo.xor"(%539, %534) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %541 = "stablehlo.add"(%534, %424) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %542 = "stablehlo.broadcast_in_dim"(%486) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %543 = "stablehlo.add"(%425, %542) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %544 = "stablehlo.add"(%540, %543) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %545 = "stablehlo.add"(%541, %544) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %546 = "stablehlo.broadcast_in_dim"(%449) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %547 = "stablehlo.shift_left"(%544, %546) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %548 = "stablehlo.broadcast_in_dim"(%446) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %549 = "stablehlo.shift_right_logical"(%544, %548) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %550 = "stablehlo.or"(%547, %549) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %551 = "stablehlo.xor"(%550, %545) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %552 = "stablehlo.add"(%545, %551) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %553 = "stablehlo.broadcast_in_dim"(%483) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %554 = "stablehlo.shift_left"(%551, %553) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %555 = "stablehlo.broadcast_in_dim"(%486) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %556 = "stablehlo.shift_right_logical"(%551, %555) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %557 = "stablehlo.or"(%554, %556) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %558 = "stablehlo.xor"(%557, %552) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %559 = "stablehlo.add"(%552, %558) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %560 = "stablehlo.broadcast_in_dim"(%492) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %561 = "stablehlo.shift_left"(%558, %560) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %562 = "stablehlo.broadcast_in_dim"(%492) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %563 = "stablehlo.shift_right_logical"(%558, %562) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %564 = "stablehlo.or"(%561, %563) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %565 = "stablehlo.xor"(%564, %559) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %566 = "stablehlo.add"(%559, %565) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %567 = "stablehlo.broadcast_in_dim"(%500) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %568 = "stablehlo.shift_left"(%565, %567) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %569 = "stablehlo.broadcast_in_dim"(%503) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %570 = "stablehlo.shift_right_logical"(%565, %569) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %571 = "stablehlo.or"(%568, %570) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %572 = "stablehlo.xor"(%571, %566) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %573 = "stablehlo.add"(%566, %425) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %574 = "stablehlo.constant"() <{value = dense<4> : tensor<ui32>}> : () -> tensor<ui32>
        %575 = "stablehlo.broadcast_in_dim"(%574) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %576 = "stablehlo.add"(%426, %575) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %577 = "stablehlo.add"(%572, %576) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %578 = "stablehlo.add"(%573, %577) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %579 = "stablehlo.broadcast_in_dim"(%437) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %580 = "stablehlo.shift_left"(%577, %579) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %581 = "stablehlo.broadcast_in_dim"(%440) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %582 = "stablehlo.shift_right_logical"(%577, %581) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %583 = "stablehlo.or"(%580, %582) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %584 = "stablehlo.xor"(%583, %578) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %585 = "stablehlo.add"(%578, %584) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %586 = "stablehlo.broadcast_in_dim"(%446) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %587 = "stablehlo.shift_left"(%584, %586) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %588 = "stablehlo.broadcast_in_dim"(%449) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %589 = "stablehlo.shift_right_logical"(%584, %588) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %590 = "stablehlo.or"(%587, %589) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %591 = "stablehlo.xor"(%590, %585) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %592 = "stablehlo.add"(%585, %591) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %593 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %594 = "stablehlo.shift_left"(%591, %593) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %595 = "stablehlo.broadcast_in_dim"(%458) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %596 = "stablehlo.shift_right_logical"(%591, %595) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %597 = "stablehlo.or"(%594, %596) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %598 = "stablehlo.xor"(%597, %592) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %599 = "stablehlo.add"(%592, %598) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %600 = "stablehlo.broadcast_in_dim"(%458) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %601 = "stablehlo.shift_left"(%598, %600) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %602 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %603 = "stablehlo.shift_right_logical"(%598, %602) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %604 = "stablehlo.or"(%601, %603) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %605 = "stablehlo.xor"(%604, %599) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %606 = "stablehlo.add"(%599, %426) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %607 = "stablehlo.constant"() <{value = dense<5> : tensor<ui32>}> : () -> tensor<ui32>
        %608 = "stablehlo.broadcast_in_dim"(%607) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %609 = "stablehlo.add"(%424, %608) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %610 = "stablehlo.add"(%605, %609) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %611 = "stablehlo.broadcast_in_dim"(%503) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %612 = "stablehlo.shift_right_logical"(%606, %611) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %613 = "stablehlo.convert"(%612) : (tensor<6xui32>) -> tensor<6xf32>
        %614 = "stablehlo.constant"() <{value = dense<0x33800000> : tensor<f32>}> : () -> tensor<f32>
        %615 = "stablehlo.broadcast_in_dim"(%614) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<6xf32>
        %616 = "stablehlo.multiply"(%613, %615) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
        %617 = "stablehlo.broadcast_in_dim"(%503) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %618 = "stablehlo.shift_right_logical"(%610, %617) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %619 = "stablehlo.convert"(%618) : (tensor<6xui32>) -> tensor<6xf32>
        %620 = "stablehlo.broadcast_in_dim"(%614) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<6xf32>
        %621 = "stablehlo.multiply"(%619, %620) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
        %622 = "stablehlo.reshape"(%616) : (tensor<6xf32>) -> tensor<6x1xf32>
        %623 = "stablehlo.reshape"(%621) : (tensor<6xf32>) -> tensor<6x1xf32>
        %624 = "stablehlo.concatenate"(%622, %623) <{dimension = 1 : i64}> : (tensor<6x1xf32>, tensor<6x1xf32>) -> tensor<6x2xf32>
        %625 = "stablehlo.reshape"(%624) : (tensor<6x2xf32>) -> tensor<12xf32>
        %626 = "stablehlo.reshape"(%625) : (tensor<12xf32>) -> tensor<3x4xf32>
        %627 = "stablehlo.broadcast_in_dim"(%397) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %628 = "stablehlo.multiply"(%626, %627) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %629 = "stablehlo.add"(%416, %628) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %630 = "stablehlo.tanh"(%629) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %631 = "stablehlo.constant"() <{value = dense<0x40000000> : tensor<f32>}> : () -> tensor<f32>
        %632 = "stablehlo.broadcast_in_dim"(%631) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %633 = "stablehlo.multiply"(%630, %632) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %634 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %635 = "stablehlo.broadcast_in_dim"(%634) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %636 = "stablehlo.compare"(%410, %635) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %637 = "stablehlo.broadcast_in_dim"(%634) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %638 = "stablehlo.multiply"(%410, %633) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %639 = "stablehlo.select"(%636, %637, %638) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %640 = "stablehlo.add"(%390, %639) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %641 = "stablehlo.broadcast_in_dim"(%631) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %642 = "stablehlo.multiply"(%629, %641) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %643 = "stablehlo.logistic"(%642) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %644 = "stablehlo.negate"(%642) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %645 = "stablehlo.logistic"(%644) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %646 = "stablehlo.multiply"(%643, %645) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %647 = "stablehlo.broadcast_in_dim"(%398) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %648 = "stablehlo.multiply"(%646, %647) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %649 = "stablehlo.broadcast_in_dim"(%634) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %650 = "stablehlo.compare"(%640, %649) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %651 = "stablehlo.broadcast_in_dim"(%634) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %652 = "stablehlo.multiply"(%640, %648) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %653 = "stablehlo.select"(%650, %651, %652) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %654 = "stablehlo.dot_general"(%653, %395) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
        %655 = "stablehlo.dot_general"(%406, %653) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<4x4xf32>
        %656 = "stablehlo.add"(%391, %655) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
        %657 = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
        %658 = "stablehlo.add"(%389, %657) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        "stablehlo.return"(%658, %654, %656, %392, %393, %394, %395, %396, %397, %398, %399, %400) : (tensor<i32>, tensor<3x4xf32>, tensor<4x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<f32>, tensor<ui64>, tensor<ui64>) -> ()
      }) : (tensor<i32>, tensor<3x4xf32>, tensor<4x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<f32>, tensor<ui64>, tensor<ui64>) -> (tensor<i32>, tensor<3x4xf32>, tensor<4x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<f32>, tensor<ui64>, tensor<ui64>)
    %660 = "stablehlo.add"(%372, %659#2) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %661 = "stablehlo.constant"() <{value = dense<0x3FF0000000000000> : tensor<f64>}> : () -> tensor<f64>
    %662 = "stablehlo.add"(%arg2, %661) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %663 = "stablehlo.convert"(%arg1) : (tensor<f64>) -> tensor<f32>
    %664 = "stablehlo.broadcast_in_dim"(%663) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x4xf32>
    %665 = "stablehlo.multiply"(%660, %664) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %666 = "stablehlo.subtract"(%arg0, %665) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    "func.return"(%329, %666, %662) : (tensor<f32>, tensor<4x4xf32>, tensor<f64>) -> ()
  }
}
